// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_ASK_H_
#define KRAIT_DAEMON_COMMANDS_ASK_H_

#include <cstddef>
#include <string>

#include "daemon/completion/rules/completion_rules.h"
#include "daemon/loaded_model.h"

namespace krait::daemon {

struct AskArguments {
  std::string question;
  std::string repository = ".";
  size_t most = 6;          // passages
  size_t max_tokens = 512;  // of an answer
  bool passages = false;    // no model, whatever it is
  ModelOptions model;
  completion::CompletionRules rules;
  bool json = false;
};

// `krait ask "..."`: answers from the passages of a repository, with their
// places; with a model that cannot chat, the passages themselves.
int RunAsk(const AskArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_ASK_H_
