// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_RULES_COMPLETION_RULES_H_
#define KRAIT_DAEMON_COMPLETION_RULES_COMPLETION_RULES_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "daemon/completion/rules/file_rules.h"
#include "daemon/completion/rules/language_rules.h"

namespace krait::completion {

enum class CompletionTrigger : uint8_t {
  kAutomatic,  // whenever the editor asks
  kOnDemand,   // only when the user does
};

// Where and when the user wants completions.
struct CompletionRules {
  bool enabled = true;
  // By LSP language id; "*": all others. See WhyLanguageIsOff.
  std::map<std::string, bool> languages;
  FileRules files;
  CompletionTrigger trigger = CompletionTrigger::kAutomatic;
  // How long an automatic request waits for a newer one.
  std::chrono::milliseconds debounce{0};
  // Editors without inline completion get an item in their menu.
  bool menu_item = true;
  // While nobody waits, what comes after a shown completion is computed, too.
  bool prefetch = true;
  // Nothing is sent to an engine elsewhere, whatever is configured.
  bool local_only = false;
};

// The file that a completion is asked for.
struct CompletionSubject {
  // Why the model may not read it at all; empty if it may (see FileRules).
  std::string_view unread_because;
  std::string_view language_id;
  ModelLanguages model_languages = {};  // what the model knows
};

// What for it is asked whether there may be a completion.
enum class Occasion : uint8_t {
  kTyped,    // one is to be shown by itself
  kInvoked,  // the user asks for one: given, unless the file is not to be read
  kReady,    // to be ready for either: as if typed, but not only on demand
};

// Returns a sentence that says why there is to be no completion, such as which
// setting forbids it; empty if nothing does.
std::string WhyForbidden(const CompletionRules& rules,
                         const CompletionSubject& subject, Occasion occasion);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_RULES_COMPLETION_RULES_H_
