// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_COMPLETION_RULES_H_
#define KRAIT_DAEMON_COMPLETION_COMPLETION_RULES_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "daemon/completion/file_rules.h"

namespace krait::daemon {

enum class CompletionTrigger : uint8_t {
  kAutomatic,  // whenever the editor asks
  kOnDemand,   // only when the user does
};

// Where and when the user wants completions.
struct CompletionRules {
  bool enabled = true;
  std::map<std::string, bool> languages;  // by LSP language id; "*": others
  FileRules files;
  CompletionTrigger trigger = CompletionTrigger::kAutomatic;
  // How long an automatic request waits for a newer one.
  std::chrono::milliseconds debounce{0};
  // Editors without inline completion get an item in their menu.
  bool menu_item = true;
  // While nobody waits, what comes after a shown completion is computed, too.
  bool prefetch = true;
};

// The file that a completion is asked for.
struct CompletionSubject {
  // Why the model may not read it at all; empty if it may (see FileRules).
  std::string_view unread_because;
  std::string_view language_id;
};

// Returns a sentence that says which setting forbids a completion; empty if
// none does. What the user asks for explicitly (`invoked`) is given, unless
// the file is not to be read.
std::string WhyForbidden(const CompletionRules& rules,
                         const CompletionSubject& subject, bool invoked);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMPLETION_COMPLETION_RULES_H_
