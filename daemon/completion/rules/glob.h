// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_RULES_GLOB_H_
#define KRAIT_DAEMON_COMPLETION_RULES_GLOB_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krait::completion {

// Returns whether `glob` is the path, or the end of it behind a slash: `*` is
// any part of a name, `**` any part of a path, `?` one character. In the time
// of |glob| * |path|.
bool MatchesGlob(std::string_view glob, std::string_view path);

// Returns the globs that one with braces stands for: "*.{env,pem}" is "*.env"
// and "*.pem", at any depth. nullopt if a brace has no other half, or if they
// were more than `most`.
std::optional<std::vector<std::string>> ExpandBraces(std::string_view glob,
                                                     size_t most);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_RULES_GLOB_H_
