// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_SHOW_LOG_H_
#define KRAIT_DAEMON_COMMANDS_SHOW_LOG_H_

#include <cstddef>

namespace krait::daemon {

struct ShowLogArguments {
  size_t lines = 50;
  bool follow = false;
};

// Prints the end of the log of a daemon that an editor started, and goes on
// with what is written if asked to.
int RunShowLog(const ShowLogArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_SHOW_LOG_H_
