// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_CHAT_H_
#define KRAIT_DAEMON_COMMANDS_CHAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/completion/rules/completion_rules.h"
#include "daemon/loaded_model.h"
#include "engine/model/chat_hints.h"

namespace krait::daemon {

// `krait chat [FILE...]`: a conversation on standard input and output, with a
// model that was trained for that. Prompts, notes and colours are for
// terminals; where either of the two is none, only answers are written.
struct ChatArguments {
  ModelOptions model;
  completion::CompletionRules rules;
  std::vector<std::string> files;     // shown to the model first
  std::optional<std::string> system;  // nothing: the template's own
  std::string row;                    // of ChatTemplates(); empty: the file's
  engine::SamplingHints sampling;     // what the user asks for
  bool greedy = false;
  std::optional<uint64_t> seed;  // nothing: another one each time
  size_t max_tokens = 2048;      // of an answer
};

int RunChat(const ChatArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_CHAT_H_
