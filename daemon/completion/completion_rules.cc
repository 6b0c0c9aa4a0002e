// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/completion_rules.h"

#include <fmt/format.h>

namespace krait::daemon {
namespace {

bool LanguageIsOff(const CompletionRules& rules, std::string_view language) {
  auto found = rules.languages.find(std::string(language));
  if (found == rules.languages.end()) found = rules.languages.find("*");
  return found != rules.languages.end() && !found->second;
}

}  // namespace

std::string WhyForbidden(const CompletionRules& rules,
                         const CompletionSubject& subject, bool invoked) {
  if (!subject.unread_because.empty()) {
    return std::string(subject.unread_because);
  }
  if (invoked) return {};
  if (!rules.enabled) return "turned off by completion.enabled";
  if (LanguageIsOff(rules, subject.language_id)) {
    return fmt::format("turned off for {} by completion.languages",
                       subject.language_id);
  }
  if (rules.trigger == CompletionTrigger::kOnDemand) {
    return "only on demand, by completion.trigger";
  }
  return {};
}

}  // namespace krait::daemon
