// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_PARTIAL_FILE_H_
#define KRAIT_DAEMON_MODELS_PARTIAL_FILE_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace krait::models {

// A file that is being fetched, beside its place and under another name. Its
// length is how far it has come, and it outlives the process: whoever opens it
// again goes on there. It is locked while one has it open. Thread-compatible.
class PartialFile {
 public:
  // Opens it or makes it, and the folders above. kIo: another process has it.
  static base::Result<PartialFile> Open(const std::filesystem::path& path);

  uint64_t bytes() const { return bytes_; }
  const std::filesystem::path& path() const { return path_; }

  base::Status Append(std::string_view part);
  // Lets go of all that has come.
  base::Status Clear();
  // Tells all bytes so far, in order and in pieces.
  base::Status Read(const std::function<void(std::string_view)>& tell) const;
  // Puts it, forced to the disk, under its final name.
  base::Status MoveTo(const std::filesystem::path& target);
  // Removes it.
  void Remove();

 private:
  PartialFile(std::filesystem::path path, base::FileDescriptor fd,
              uint64_t bytes)
      : path_(std::move(path)), fd_(std::move(fd)), bytes_(bytes) {}

  std::filesystem::path path_;
  base::FileDescriptor fd_;
  uint64_t bytes_;
};

// Locks the file `path`, which is made with the folders above, until the
// descriptor is closed. kIo: another process has it.
base::Result<base::FileDescriptor> LockFile(const std::filesystem::path& path);

// Fails, with figures, unless `bytes` more and some room for others fit into
// the file system of `folder`, whose end may not exist yet.
base::Status CheckDiskSpace(const std::filesystem::path& folder,
                            uint64_t bytes);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_PARTIAL_FILE_H_
