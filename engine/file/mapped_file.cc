// SPDX-License-Identifier: Apache-2.0
#include "engine/file/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "engine/file/mapping_guard.h"

namespace krait::engine {
namespace {

// Closes a descriptor at the end of a scope; a mapping outlives it.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Error SystemError(const std::filesystem::path& path, const char* what,
                  int error) {
  const ErrorCode code = error == ENOENT || error == ENOTDIR || error == ELOOP
                             ? ErrorCode::kNotFound
                             : ErrorCode::kIo;
  return MakeError(code, path.string() + ": " + what + ": " +
                             std::generic_category().message(error));
}

}  // namespace

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  RemoveGuardedMapping(data_);
  munmap(const_cast<char*>(data_), size_);
}

Result<MappedFile> MappedFile::Open(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a pipe without a writer must not hang.
  const FileDescriptor fd(
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd.get() < 0) return SystemError(path, "cannot open", errno);
  struct stat info = {};
  if (fstat(fd.get(), &info) != 0) {
    return SystemError(path, "cannot read its size", errno);
  }
  if (!S_ISREG(info.st_mode)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     path.string() + ": expected a regular file, found " +
                         (S_ISDIR(info.st_mode) ? "a directory" : "a device"));
  }
  MappedFile file;
  if (info.st_size == 0) return file;
  const auto size = static_cast<size_t>(info.st_size);
  void* data = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (data == MAP_FAILED) return SystemError(path, "cannot map", errno);
  file.data_ = static_cast<const char*>(data);
  file.size_ = size;
  AddGuardedMapping(file.data_, size);
  return file;
}

}  // namespace krait::engine
