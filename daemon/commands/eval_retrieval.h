// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_EVAL_RETRIEVAL_H_
#define KRAIT_DAEMON_COMMANDS_EVAL_RETRIEVAL_H_

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/completion/rules/completion_rules.h"

namespace krait::daemon {

struct EvalRetrievalArguments {
  std::vector<std::string> directories = {"."};
  size_t questions = 500;       // of each kind and repository, the most
  std::string questions_file;   // see ReadRetrievalQuestions; empty: none
  std::string embedding_model;  // see OpenRepositoryEncoder
  completion::CompletionRules rules;
  bool json = false;
};

// `krait eval retrieval DIR...`: how well `krait search` finds functions, in an
// index that is made for it and deleted: by the comments above them, which are
// taken out of the text before, by their names, and by questions of a file; by
// words, by vectors and by
// both. Of several repositories the mean.
int RunEvalRetrieval(const EvalRetrievalArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_EVAL_RETRIEVAL_H_
