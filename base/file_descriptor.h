// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_BASE_FILE_DESCRIPTOR_H_
#define KRAIT_BASE_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace krait::base {

// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { Reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.Release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = other.Release();
    }
    return *this;
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace krait::base

#endif  // KRAIT_BASE_FILE_DESCRIPTOR_H_
