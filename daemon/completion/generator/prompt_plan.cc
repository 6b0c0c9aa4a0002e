// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/generator/prompt_plan.h"

#include <string_view>

namespace krait::completion {

std::string_view PromptPlanName(PromptPlan plan) {
  switch (plan) {
    case PromptPlan::kNone:
      return "none";
    case PromptPlan::kTypedThrough:
      return "typed-through";
    case PromptPlan::kPrefix:
      return "prefix";
    case PromptPlan::kSpm:
      return "spm";
    case PromptPlan::kPsm:
      return "psm";
    case PromptPlan::kAnchoredPsm:
      return "anchored-psm";
    case PromptPlan::kEmulated:
      return "emulated";
    case PromptPlan::kRemote:
      return "remote";
  }
  return "";
}

}  // namespace krait::completion
