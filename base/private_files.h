// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_BASE_PRIVATE_FILES_H_
#define KRAIT_BASE_PRIVATE_FILES_H_

#include <cstddef>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"

namespace krait::base {

// Files and folders that nobody but the user may read, whatever the umask.

// Makes `directory` and what is missing above it, each with mode 0700. What is
// there already is left as it is.
Status MakePrivateDirectories(const std::filesystem::path& directory);

// A file that is being written stands beside its final place as NAME.PID.tmp.
// Returns NAME; empty if it is no such file.
std::string_view FinalName(std::string_view temporary_name);

// Removes a file that PrivateFileWriter left behind in a process that has
// ended; returns whether. One that is being written is locked, and stays.
bool RemoveIfAbandoned(const std::filesystem::path& temporary);

// Writes a file (mode 0600) under another name and renames it into its place
// once it is whole. What was written is not forced to the disk: after a loss
// of power a part may be missing, which the reader must notice.
class PrivateFileWriter {
 public:
  // A stop, noticed within a megabyte, makes Finish fail with kCancelled.
  explicit PrivateFileWriter(std::filesystem::path path,
                             std::stop_token stop = {});
  ~PrivateFileWriter();
  PrivateFileWriter(const PrivateFileWriter&) = delete;
  PrivateFileWriter& operator=(const PrivateFileWriter&) = delete;

  void Write(const void* data, size_t bytes);
  // Writes the beginning of the file again.
  void Rewrite(const void* data, size_t bytes);
  // Whether Finish will fail, so that there is no use in going on.
  bool failed() const { return error_ != 0 || stop_.stop_requested(); }
  Status Finish();

 private:
  void WriteAll(const char* data, size_t bytes);

  const std::filesystem::path path_;
  const std::string temporary_;
  const std::stop_token stop_;
  const int fd_;
  int error_ = 0;  // an errno; ECANCELED after a stop
  bool done_ = false;
};

// All of it at once. Also removes what processes that have ended left behind of
// it.
Status WritePrivateFile(const std::filesystem::path& path,
                        std::string_view bytes);

}  // namespace krait::base

#endif  // KRAIT_BASE_PRIVATE_FILES_H_
