// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_TYPING_SPEED_H_
#define KRAIT_DAEMON_HOST_LOCAL_TYPING_SPEED_H_

#include <string>

#include "daemon/completion/text/text_window.h"

namespace krait::daemon {

// What a model's speed means for who types.
struct TypingSpeed {
  double first_answer_s = 0;  // in a file of which nothing is known yet
  std::string verdict;        // "the first answer in a file takes ..."
  std::string advice;         // empty: fast enough
};

// Of a model that reads and writes so many tokens per second, with so much
// context.
TypingSpeed SpeedOfTyping(double read, double write,
                          const completion::WindowLimits& limits);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_TYPING_SPEED_H_
