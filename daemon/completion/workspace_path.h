// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_WORKSPACE_PATH_H_
#define KRAIT_DAEMON_COMPLETION_WORKSPACE_PATH_H_

#include <filesystem>
#include <span>
#include <string>

namespace krait::daemon {

// Returns the path of `file` as the model is shown it: relative to the deepest
// of `roots` that holds it, else to the repository around it (the nearest
// folder above with a .git), else the file's name alone. Always with slashes.
std::string WorkspacePath(const std::filesystem::path& file,
                          std::span<const std::filesystem::path> roots);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMPLETION_WORKSPACE_PATH_H_
