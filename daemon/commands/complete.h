// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_COMPLETE_H_
#define KRAIT_DAEMON_COMMANDS_COMPLETE_H_

#include <string>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/rules/completion_rules.h"
#include "daemon/loaded_model.h"

namespace krait::daemon {

// `krait complete FILE:LINE:COL`: one completion, printed in its place.
struct CompleteArguments {
  std::string place;
  ModelOptions model;
  completion::CompletionOptions completion;
  completion::CompletionRules rules;
  bool automatic = false;  // as asked while typing, not by hand
  bool json = false;
};

int RunComplete(const CompleteArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_COMPLETE_H_
