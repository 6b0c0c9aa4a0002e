// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TEXT_WORKSPACE_PATH_H_
#define KRAIT_DAEMON_COMPLETION_TEXT_WORKSPACE_PATH_H_

#include <filesystem>
#include <span>
#include <string>

namespace krait::completion {

// Returns the nearest folder above a file with a .git; empty if there is none.
// Asks the file system once for each folder, and so may block.
std::filesystem::path RepositoryRoot(const std::filesystem::path& file);

// Returns the path of `file`, which is absolute, as the model is shown it:
// relative to the deepest of `roots` that holds it, else to `repository`
// (empty: it is in none), else the file's name alone. Always with slashes.
std::string WorkspacePath(const std::filesystem::path& file,
                          std::span<const std::filesystem::path> roots,
                          const std::filesystem::path& repository);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TEXT_WORKSPACE_PATH_H_
