// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_EVAL_FIM_H_
#define KRAIT_DAEMON_COMMANDS_EVAL_FIM_H_

#include <cstddef>
#include <optional>
#include <string>

#include "daemon/completion/completion_service.h"
#include "daemon/loaded_model.h"

namespace krait::daemon {

// `krait eval fim CASES.jsonl`: how often completions are right, through the
// same service that the editor uses.
struct EvalFimArguments {
  // What is shown is the model's answer, however sure it is of it.
  EvalFimArguments() { completion.min_confidence = completion::kShowAll; }

  std::string cases;
  std::string repository;  // of the cases; empty: none
  size_t limit = 0;        // 0: all
  ModelOptions model;
  completion::CompletionOptions completion;
  std::optional<completion::CompletionExtent>
      extent;               // nothing: by the case's middle
  std::string completions;  // a file to write them to; empty: none
  // Show how confidence and quality go together, and choose thresholds.
  bool calibrate = false;
  double right_share = 0.4;  // that the thresholds are chosen for
  bool json = false;
};

int RunEvalFim(const EvalFimArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_EVAL_FIM_H_
