// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_CHAT_FACT_H_
#define KRAIT_DAEMON_TOOLS_CHAT_FACT_H_

#include <filesystem>
#include <string>

namespace krait::daemon {

// Whether one can talk with a model: by which of the chat templates that krait
// knows, or why by none.
struct ChatFact {
  std::string row;     // "granite"; empty: none
  std::string reason;  // why none
};

// Reads the model's file and vocabulary.
ChatFact FindChatFact(const std::filesystem::path& model);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_CHAT_FACT_H_
