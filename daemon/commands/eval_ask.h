// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_EVAL_ASK_H_
#define KRAIT_DAEMON_COMMANDS_EVAL_ASK_H_

#include <cstddef>
#include <string>

#include "daemon/completion/rules/completion_rules.h"
#include "daemon/loaded_model.h"

namespace krait::daemon {

struct EvalAskArguments {
  std::string questions;  // a file of cases (ParseAskCases)
  std::string repository = ".";
  size_t limit = 0;         // cases; 0: all
  size_t most = 6;          // passages
  size_t max_tokens = 128;  // of an answer
  bool passages = false;    // no model, whatever it is
  ModelOptions model;
  completion::CompletionRules rules;
  bool json = false;
};

// `krait eval ask QUESTIONS`: asks what `krait ask` would be asked, and
// compares with what is known: by question how alike the answer is to a sample,
// how long it took, and which of its citations are of files that have the
// answer; over all how often what is there was found, what is not was said not
// to be, and which threshold would be best.
int RunEvalAsk(const EvalAskArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_EVAL_ASK_H_
