// SPDX-License-Identifier: Apache-2.0
#include "base/private_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/system_error.h"

namespace krait::base {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kPrivateFile = 0600;
constexpr mode_t kPrivateDirectory = 0700;
constexpr std::string_view kTemporaryExtension = ".tmp";
constexpr size_t kWriteAtOnce = size_t{1} << 20;

}  // namespace

Status MakePrivateDirectories(const fs::path& directory) {
  if (directory.empty()) return {};
  if (mkdir(directory.c_str(), kPrivateDirectory) == 0) return {};
  int error = errno;
  if (error == ENOENT) {
    const fs::path parent = directory.parent_path();
    if (parent == directory) return SystemError(directory, error);
    if (Status made = MakePrivateDirectories(parent); !made) return made;
    if (mkdir(directory.c_str(), kPrivateDirectory) == 0) return {};
    error = errno;
  }
  struct stat info = {};
  const bool there = error == EEXIST && stat(directory.c_str(), &info) == 0;
  if (there && S_ISDIR(info.st_mode)) return {};
  return SystemError(directory, error == EEXIST ? ENOTDIR : error);
}

std::string_view FinalName(std::string_view name) {
  if (!name.ends_with(kTemporaryExtension)) return {};
  name.remove_suffix(kTemporaryExtension.size());
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view pid = name.substr(dot + 1);
  const bool digits =
      std::ranges::all_of(pid, [](char c) { return c >= '0' && c <= '9'; });
  return digits && !pid.empty() ? name.substr(0, dot) : std::string_view();
}

bool RemoveIfAbandoned(const fs::path& temporary) {
  const int fd =
      open(temporary.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return false;
  const bool removed =
      flock(fd, LOCK_EX | LOCK_NB) == 0 && unlink(temporary.c_str()) == 0;
  close(fd);
  return removed;
}

PrivateFileWriter::PrivateFileWriter(fs::path path, std::stop_token stop)
    : path_(std::move(path)),
      temporary_(fmt::format("{}.{}{}", path_.string(), getpid(),
                             kTemporaryExtension)),
      stop_(std::move(stop)),
      fd_(open(temporary_.c_str(),
               O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
               kPrivateFile)) {
  if (fd_ < 0) error_ = errno;
  // So that others see that it is being written. Where files cannot be locked
  // they see the same.
  if (fd_ >= 0) (void)flock(fd_, LOCK_EX | LOCK_NB);
}

PrivateFileWriter::~PrivateFileWriter() {
  if (fd_ < 0) return;
  if (!done_) unlink(temporary_.c_str());
  close(fd_);
}

void PrivateFileWriter::Write(const void* data, size_t bytes) {
  WriteAll(static_cast<const char*>(data), bytes);
}

void PrivateFileWriter::Rewrite(const void* data, size_t bytes) {
  if (error_ == 0 && lseek(fd_, 0, SEEK_SET) != 0) error_ = errno;
  WriteAll(static_cast<const char*>(data), bytes);
}

void PrivateFileWriter::WriteAll(const char* data, size_t bytes) {
  while (error_ == 0 && bytes > 0) {
    if (stop_.stop_requested()) {
      error_ = ECANCELED;
      return;
    }
    const ssize_t written = write(fd_, data, std::min(bytes, kWriteAtOnce));
    if (written < 0) {
      if (errno != EINTR) error_ = errno;
      continue;
    }
    data += written;
    bytes -= static_cast<size_t>(written);
  }
}

Status PrivateFileWriter::Finish() {
  if (error_ == 0 && stop_.stop_requested()) error_ = ECANCELED;
  if (error_ == 0 && rename(temporary_.c_str(), path_.c_str()) != 0) {
    error_ = errno;
  }
  done_ = error_ == 0;
  if (done_) return {};
  if (error_ == ECANCELED) {
    return MakeError(ErrorCode::kCancelled, path_.string() + ": stopped");
  }
  return SystemError(path_, error_);
}

Status WritePrivateFile(const fs::path& path, std::string_view bytes) {
  std::error_code error;
  for (fs::directory_iterator it(path.parent_path(), error), end;
       !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (FinalName(name) == path.filename()) RemoveIfAbandoned(it->path());
  }
  PrivateFileWriter file(path);
  file.Write(bytes.data(), bytes.size());
  return file.Finish();
}

}  // namespace krait::base
