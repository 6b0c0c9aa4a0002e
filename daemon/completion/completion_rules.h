// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_COMPLETION_RULES_H_
#define KRAIT_DAEMON_COMPLETION_COMPLETION_RULES_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/completion/language_rules.h"

namespace krait::daemon {

enum class CompletionTrigger : uint8_t {
  kAutomatic,  // whenever the editor asks
  kOnDemand,   // only when the user does
};

// Where and when the user wants completions.
struct CompletionRules {
  bool enabled = true;
  // By LSP language id; "*": all others. See WhyLanguageIsOff.
  std::map<std::string, bool> languages;
  std::vector<std::string> disabled_files;  // globs, see MatchesGlob
  CompletionTrigger trigger = CompletionTrigger::kAutomatic;
  // How long an automatic request waits for a newer one.
  std::chrono::milliseconds debounce{0};
  // While nobody waits, what comes after a shown completion is computed, too.
  bool prefetch = true;
};

// The file that a completion is asked for.
struct CompletionSubject {
  std::string_view path;  // in the workspace
  std::string_view language_id;
  ModelLanguages model_languages = {};  // what the model knows
};

// Returns a sentence that says which setting keeps the model from reading the
// file at all, and so from being warmed for it; empty if none does.
std::string WhyUnread(const CompletionRules& rules,
                      const CompletionSubject& subject);

// Returns a sentence that says why there is to be no completion, such as which
// setting forbids it; empty if nothing does. What the user asks for explicitly
// (`invoked`) is given, unless the file is not to be read.
std::string WhyForbidden(const CompletionRules& rules,
                         const CompletionSubject& subject, bool invoked);

// Returns whether `glob` is the path, or the end of it behind a slash: `*` is
// any part of a name, `**` any part of a path, `?` one character. In the time
// of |glob| * |path|.
bool MatchesGlob(std::string_view glob, std::string_view path);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMPLETION_COMPLETION_RULES_H_
