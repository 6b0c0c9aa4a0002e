// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_EVAL_RETRIEVAL_H_
#define KRAIT_DAEMON_COMMANDS_EVAL_RETRIEVAL_H_

#include <cstddef>
#include <string>

#include "daemon/completion/rules/completion_rules.h"

namespace krait::daemon {

struct EvalRetrievalArguments {
  std::string directory = ".";
  size_t questions = 500;  // of each kind, the most
  completion::CompletionRules rules;
  bool json = false;
};

// `krait eval retrieval DIR`: how well `krait search` finds functions, in an
// index that is made for it and deleted: by the comments above them, which are
// taken out of the text before, and by their names.
int RunEvalRetrieval(const EvalRetrievalArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_EVAL_RETRIEVAL_H_
