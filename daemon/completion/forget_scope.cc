// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/forget_scope.h"

#include <algorithm>

#include "engine/state/state_file.h"
#include "engine/state/state_folder.h"

namespace krait::daemon {
namespace {

bool IsAtOrBelow(std::string_view file, std::string_view directory) {
  while (directory.ends_with('/')) directory.remove_suffix(1);
  if (!file.starts_with(directory)) return false;
  return file.size() == directory.size() || file[directory.size()] == '/';
}

}  // namespace

bool ForgetScope::Covers(std::string_view file) const {
  return all || std::ranges::any_of(paths, [file](const std::string& path) {
           return IsAtOrBelow(file, path);
         });
}

size_t ForgetStates(const std::filesystem::path& directory,
                    const ForgetScope& scope) {
  size_t count = 0;
  if (directory.empty()) return count;
  for (const engine::StoredState& state : engine::ListStates(directory)) {
    const auto origins = engine::ReadStateOrigins(state.path);
    const bool wanted =
        scope.all || !origins ||
        std::ranges::any_of(*origins, [&scope](const std::string& origin) {
          return scope.Covers(origin);
        });
    if (!wanted) continue;
    engine::DeleteState(state.path);
    ++count;
  }
  return count;
}

}  // namespace krait::daemon
