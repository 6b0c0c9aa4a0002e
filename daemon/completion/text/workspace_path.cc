// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/workspace_path.h"

#include <algorithm>
#include <system_error>

namespace krait::completion {
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

}  // namespace

fs::path RepositoryRoot(const fs::path& file) {
  // Cut in place: a copy of what is left for each folder of a long path would
  // take the square of its length.
  std::string folder = Normal(file).native();
  for (size_t slash = folder.rfind('/');
       slash != std::string::npos && slash > 0;
       slash = folder.rfind('/', slash - 1)) {
    folder.resize(slash);
    std::error_code error;
    folder += "/.git";
    const bool found = fs::exists(folder, error);
    folder.resize(slash);
    if (found) return folder;
  }
  return {};
}

std::string WorkspacePath(const fs::path& file, std::span<const fs::path> roots,
                          const fs::path& repository) {
  const fs::path normal_file = Normal(file);
  fs::path best;
  for (const fs::path& root : roots) {
    const fs::path normal = Normal(root);
    if (IsBelow(normal_file, normal) &&
        normal.native().size() > best.native().size()) {
      best = normal;
    }
  }
  if (best.empty()) best = repository;
  if (best.empty()) return normal_file.filename().generic_string();
  return normal_file.lexically_relative(best).generic_string();
}

}  // namespace krait::completion
