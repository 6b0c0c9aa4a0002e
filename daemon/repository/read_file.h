// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_READ_FILE_H_
#define KRAIT_DAEMON_REPOSITORY_READ_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

struct stat;

namespace krait::repository {

// By which a file is taken for unchanged.
struct FileStamp {
  uint64_t bytes = 0;
  int64_t modified_ns = 0;  // since the epoch
  bool operator==(const FileStamp&) const = default;
};

FileStamp StampOf(const struct stat& status);

// Reads a regular file, at most `max_bytes` of it, without waiting for what is
// none (a pipe). `stamp`, if not null, is what the file was when it was opened.
base::Result<std::string> ReadFile(const std::filesystem::path& path,
                                   size_t max_bytes,
                                   FileStamp* stamp = nullptr);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_READ_FILE_H_
