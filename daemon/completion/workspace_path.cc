// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/workspace_path.h"

#include <algorithm>
#include <system_error>

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;

// Whether `file` lies below `root`; both absolute and normal.
bool IsBelow(const fs::path& file, const fs::path& root) {
  const auto [rest, unused] =
      std::mismatch(root.begin(), root.end(), file.begin(), file.end());
  return rest == root.end() && unused != file.end();
}

// Without the empty last element that a trailing slash gives.
fs::path Normal(const fs::path& path) {
  fs::path normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

fs::path RepositoryRoot(const fs::path& file) {
  for (fs::path dir = file.parent_path(); dir.has_relative_path();
       dir = dir.parent_path()) {
    std::error_code error;
    if (fs::exists(dir / ".git", error)) return dir;
  }
  return {};
}

}  // namespace

std::string WorkspacePath(const fs::path& file,
                          std::span<const fs::path> roots) {
  std::error_code error;
  const fs::path absolute = Normal(fs::absolute(file, error));
  fs::path best;
  for (const fs::path& root : roots) {
    const fs::path normal = Normal(root);
    if (IsBelow(absolute, normal) &&
        normal.native().size() > best.native().size()) {
      best = normal;
    }
  }
  if (best.empty()) best = RepositoryRoot(absolute);
  if (best.empty()) return absolute.filename().generic_string();
  return absolute.lexically_relative(best).generic_string();
}

}  // namespace krait::daemon
