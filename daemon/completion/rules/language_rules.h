// SPDX-License-Identifier: Apache-2.0
// In which languages completions are shown unasked, if the user does not say.
#ifndef KRAIT_DAEMON_COMPLETION_RULES_LANGUAGE_RULES_H_
#define KRAIT_DAEMON_COMPLETION_RULES_LANGUAGE_RULES_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammars/language.h"

namespace krait::completion {

// Returns what a model's file calls a language; empty: null, unknown.
std::string_view NameForModels(const grammars::Language* language);

// What a model was trained on, by the names of grammars::Language; nothing: its
// file does not say.
using ModelLanguages = std::optional<std::vector<std::string>>;

// Returns a sentence that says why there are no completions unasked in a
// language; empty if there are. In this order:
//   `settings`     the user's, by LSP language id; "*": all others
//   prose          never: also commit messages and files of an unknown type
//   `model`        only what it knows, if its file says so; without that every
//                  programming language that has a name in the protocol
std::string WhyLanguageIsOff(const std::map<std::string, bool>& settings,
                             const ModelLanguages& model,
                             std::string_view language_id);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_RULES_LANGUAGE_RULES_H_
