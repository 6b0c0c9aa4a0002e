// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_EVAL_EXERCISE_H_
#define KRAIT_DAEMON_TOOLS_EVAL_EXERCISE_H_

#include <string>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/stop/stop_rules.h"
#include "daemon/tools/eval/fim_cases.h"

namespace krait::daemon {

// What a case asks of the completion service.
struct Exercise {
  completion::CompletionRequest request;
  completion::CompletionExtent extent;
  std::string wanted;
};

// A middle within a line is asked for as the rest of a line, and one that is a
// line with its end as such; in both cases what comes behind the newline does
// not count. Any other middle is asked for until the model ends it or rejoins
// the suffix. The syntax is parsed at once.
Exercise MakeExercise(const FimCase& fim_case);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_EXERCISE_H_
