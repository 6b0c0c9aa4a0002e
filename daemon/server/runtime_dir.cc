// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/runtime_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace krait::daemon {

using engine::ErrorCode;
using engine::MakeError;

namespace {

std::filesystem::path PlaceOf(const RuntimeEnvironment& env) {
  // The specification says to ignore relative ones.
  if (env.xdg_runtime_dir.starts_with('/')) {
    return std::filesystem::path(env.xdg_runtime_dir) / "krait";
  }
  return std::filesystem::path(env.tmp) / fmt::format("krait-{}", env.uid);
}

engine::Error SystemError(const std::filesystem::path& path, int reason) {
  return MakeError(reason == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                   fmt::format("{}: {}", path.string(), std::strerror(reason)));
}

engine::Status Check(const std::filesystem::path& dir, uid_t uid) {
  struct stat status {};
  if (lstat(dir.c_str(), &status) != 0) return SystemError(dir, errno);
  if (!S_ISDIR(status.st_mode)) {
    return MakeError(ErrorCode::kIo,
                     fmt::format("{}: expected a directory", dir.string()));
  }
  if (status.st_uid != uid) {
    return MakeError(ErrorCode::kIo,
                     fmt::format("{}: expected a directory of user {}, it "
                                 "belongs to user {}",
                                 dir.string(), uid, status.st_uid));
  }
  if ((status.st_mode & 077U) != 0) {
    return MakeError(
        ErrorCode::kIo,
        fmt::format("{}: expected mode 0700, others may enter it (mode "
                    "{:04o}); `chmod 0700` it, or remove it",
                    dir.string(), status.st_mode & 07777U));
  }
  return {};
}

}  // namespace

RuntimeEnvironment RuntimeEnvironment::OfProcess() {
  const char* dir = std::getenv("XDG_RUNTIME_DIR");
  return {.xdg_runtime_dir = dir == nullptr ? "" : dir,
          .tmp = "/tmp",
          .uid = geteuid()};
}

engine::Result<RuntimeDir> FindRuntimeDir(const RuntimeEnvironment& env) {
  RuntimeDir found{.dir = PlaceOf(env)};
  if (auto safe = Check(found.dir, env.uid); !safe) return safe.error();
  return found;
}

engine::Result<RuntimeDir> MakeRuntimeDir(const RuntimeEnvironment& env) {
  const std::filesystem::path dir = PlaceOf(env);
  if (mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) {
    const int reason = errno;
    return MakeError(ErrorCode::kIo,
                     fmt::format("cannot make the directory {}: {}",
                                 dir.string(), std::strerror(reason)));
  }
  return FindRuntimeDir(env);
}

engine::Result<std::optional<DaemonLock>> DaemonLock::TryAcquire(
    const std::filesystem::path& file) {
  FileDescriptor opened(
      open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!opened) return SystemError(file, errno);
  if (flock(opened.get(), LOCK_EX | LOCK_NB) == 0) {
    return std::optional(DaemonLock(std::move(opened)));
  }
  if (errno == EWOULDBLOCK) return std::optional<DaemonLock>();
  return SystemError(file, errno);
}

}  // namespace krait::daemon
