// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_MAPPED_FILE_H_
#define KRAIT_ENGINE_FILE_MAPPED_FILE_H_

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "engine/error.h"

namespace krait::engine {

// Whether a file holds a Git LFS pointer: what a clone has in a large file's
// place until it is fetched.
inline bool IsLfsPointer(std::string_view bytes) {
  return bytes.starts_with("version https://git-lfs.github.com/");
}
inline constexpr std::string_view kLfsPointerMessage =
    "this is a Git LFS pointer, not the model itself: fetch it with "
    "'git lfs pull'";

// A file mapped read-only and shared: if it is truncated meanwhile, reading
// what is no longer there ends the process, unless it guards its mappings (see
// mapping_guard.h); to write a new version, rename it into place. Movable;
// unmapped on destruction.
class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  // Fails on what is not a regular file. An empty file gives empty bytes.
  static Result<MappedFile> Open(const std::filesystem::path& path);

  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_MAPPED_FILE_H_
