// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/forget_states.h"

#include <algorithm>

#include "engine/state/state_file.h"
#include "engine/state/state_folder.h"

namespace krait::daemon {

size_t ForgetStates(const std::filesystem::path& directory,
                    const completion::ForgetScope& scope) {
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
