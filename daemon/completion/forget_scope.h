// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_FORGET_SCOPE_H_
#define KRAIT_DAEMON_COMPLETION_FORGET_SCOPE_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace krait::daemon {

// What is to be forgotten: everything, or what is of files at or below paths.
struct ForgetScope {
  bool all = false;
  std::vector<std::string> paths = {};  // absolute

  bool Covers(std::string_view file) const;
};

// Deletes saved states in the scope, and those that cannot be told apart.
// Returns how many.
size_t ForgetStates(const std::filesystem::path& directory,
                    const ForgetScope& scope);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMPLETION_FORGET_SCOPE_H_
