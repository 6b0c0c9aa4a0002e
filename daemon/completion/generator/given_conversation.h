// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_GENERATOR_GIVEN_CONVERSATION_H_
#define KRAIT_DAEMON_COMPLETION_GENERATOR_GIVEN_CONVERSATION_H_

#include <optional>
#include <vector>

#include "daemon/completion/generator/vocabulary.h"

namespace krait::completion {

// A conversation as a program has given it, before a model's template.
struct GivenConversation {
  std::vector<ChatTurn> turns;
  // What the program asked for; nothing: it leaves that to the model.
  std::optional<double> temperature = {};
  std::optional<double> top_p = {};
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_GENERATOR_GIVEN_CONVERSATION_H_
