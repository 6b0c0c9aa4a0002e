// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_IGNORED_FILE_H_
#define KRAIT_DAEMON_REPOSITORY_IGNORED_FILE_H_

#include <filesystem>

namespace krait::repository {

// Whether git's rules leave a file out of the repository that it lies in (an
// absolute path, whose links are not followed): by itself or with a folder
// above it. False outside of a repository. A list that is there and cannot be
// read, or is none, leaves out all.
bool IsIgnored(const std::filesystem::path& file);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_IGNORED_FILE_H_
