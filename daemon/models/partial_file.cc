// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/partial_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/system_error.h"
#include "daemon/models/size_text.h"

namespace krait::models {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::FileDescriptor;
using base::MakeError;

constexpr mode_t kMode = 0644;

// Whether what `fd` is open for is still the file `path`: whoever had it before
// may have moved it to its place.
bool IsStill(int fd, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return fstat(fd, &opened) == 0 && lstat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

}  // namespace

base::Result<FileDescriptor> LockFile(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return base::SystemError(path.parent_path(), error.value());
  while (true) {
    FileDescriptor fd(
        open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kMode));
    if (!fd) return base::SystemError(path, errno);
    if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      return MakeError(ErrorCode::kIo,
                       fmt::format("{}: another process is fetching this file",
                                   path.string()));
    }
    if (IsStill(fd.get(), path)) return fd;
  }
}

base::Result<PartialFile> PartialFile::Open(const fs::path& path) {
  auto fd = LockFile(path);
  if (!fd) return fd.error();
  struct stat status {};
  if (fstat(fd->get(), &status) != 0) return base::SystemError(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return MakeError(ErrorCode::kIo,
                     fmt::format("{}: expected a file", path.string()));
  }
  const off_t end = lseek(fd->get(), 0, SEEK_END);
  if (end < 0) return base::SystemError(path, errno);
  return PartialFile(path, std::move(*fd), static_cast<uint64_t>(end));
}

base::Status PartialFile::Append(std::string_view part) {
  while (!part.empty()) {
    const ssize_t written = write(fd_.get(), part.data(), part.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return MakeError(ErrorCode::kUnsupported,  // trying again would not help
                       fmt::format("{}: {}", path_.string(),
                                   std::generic_category().message(errno)));
    }
    part.remove_prefix(static_cast<size_t>(written));
    bytes_ += static_cast<uint64_t>(written);
  }
  return {};
}

base::Status PartialFile::Clear() {
  if (ftruncate(fd_.get(), 0) != 0 || lseek(fd_.get(), 0, SEEK_SET) != 0) {
    return base::SystemError(path_, errno);
  }
  bytes_ = 0;
  return {};
}

base::Status PartialFile::Read(
    const std::function<void(std::string_view)>& tell) const {
  std::vector<char> buffer(size_t{1} << 20);
  for (uint64_t at = 0; at < bytes_;) {
    const ssize_t got =
        pread(fd_.get(), buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return base::SystemError(path_, got == 0 ? EIO : errno);
    tell({buffer.data(), static_cast<size_t>(got)});
    at += static_cast<uint64_t>(got);
  }
  return {};
}

base::Status PartialFile::MoveTo(const fs::path& target) {
  if (fsync(fd_.get()) != 0) return base::SystemError(path_, errno);
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  if (rename(path_.c_str(), target.c_str()) != 0) {
    return base::SystemError(target, errno);
  }
  // The name, too. Where folders cannot be forced the file system does it.
  const FileDescriptor folder(
      open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) (void)fsync(folder.get());
  return {};
}

void PartialFile::Remove() {
  (void)unlink(path_.c_str());
}

base::Status CheckDiskSpace(const fs::path& folder, uint64_t bytes) {
  constexpr uint64_t kForOthers = uint64_t{64} << 20;
  std::error_code error;
  fs::path existing = folder;
  while (!fs::exists(existing, error) && existing.has_relative_path()) {
    existing = existing.parent_path();
  }
  const fs::space_info space = fs::space(existing, error);
  if (error || space.available >= bytes + kForOthers) return {};
  return MakeError(ErrorCode::kUnsupported,
                   fmt::format("{}: {} are needed and {} are free on this disk",
                               folder.string(), SizeText(bytes + kForOthers),
                               SizeText(space.available)));
}

}  // namespace krait::models
