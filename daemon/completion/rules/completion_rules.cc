// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/rules/completion_rules.h"

namespace krait::completion {

std::string WhyForbidden(const CompletionRules& rules,
                         const CompletionSubject& subject, Occasion occasion) {
  if (!subject.unread_because.empty()) {
    return std::string(subject.unread_because);
  }
  if (occasion == Occasion::kInvoked) return {};
  if (!rules.enabled) return "turned off by completion.enabled";
  if (std::string why = WhyLanguageIsOff(
          rules.languages, subject.model_languages, subject.language_id);
      !why.empty()) {
    return why;
  }
  if (occasion == Occasion::kTyped &&
      rules.trigger == CompletionTrigger::kOnDemand) {
    return "only on demand, by completion.trigger";
  }
  return {};
}

}  // namespace krait::completion
