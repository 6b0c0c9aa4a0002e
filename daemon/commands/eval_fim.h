// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_EVAL_FIM_H_
#define KRAIT_DAEMON_COMMANDS_EVAL_FIM_H_

#include <cstddef>
#include <string>

#include "daemon/completion/completion_service.h"
#include "daemon/loaded_model.h"

namespace krait::daemon {

// `krait eval fim CASES.jsonl`: how often completions are right, through the
// same service that the editor uses.
struct EvalFimArguments {
  std::string cases;
  size_t limit = 0;  // 0: all
  ModelOptions model;
  CompletionOptions completion;
  bool json = false;
};

int RunEvalFim(const EvalFimArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_EVAL_FIM_H_
