// SPDX-License-Identifier: Apache-2.0
#include "daemon/process/runtime_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "daemon/io/unix_socket.h"

namespace krait::daemon {

using base::ErrorCode;
using base::MakeError;

namespace {

std::vector<RuntimeDir> PlacesOf(const RuntimeEnvironment& env) {
  std::vector<RuntimeDir> places;
  // The specification says to ignore relative ones.
  if (env.xdg_runtime_dir.starts_with('/')) {
    places.push_back(
        {.dir = std::filesystem::path(env.xdg_runtime_dir) / "krait"});
  }
  places.push_back({.dir = std::filesystem::path(env.tmp) /
                           fmt::format("krait-{}", env.uid)});
  return places;
}

base::Error SystemError(const std::filesystem::path& path, int reason) {
  return MakeError(reason == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                   fmt::format("{}: {}", path.string(), std::strerror(reason)));
}

// Whether anything is at this place, however odd.
bool SomethingIsAt(const std::filesystem::path& path) {
  return IdentityAt(path).has_value();
}

bool BelongsToAnother(const std::filesystem::path& dir, uid_t uid) {
  struct stat status {};
  return lstat(dir.c_str(), &status) == 0 && status.st_uid != uid;
}

// Returns why no daemon of this user could ever listen there; empty: it could.
std::string WhyUnusable(const RuntimeDir& place, uid_t uid) {
  if (const auto fits = CheckSocketPath(place.socket()); !fits) {
    return fits.error().message;
  }
  if (mkdir(place.dir.c_str(), 0700) != 0 && errno != EEXIST) {
    const int reason = errno;
    return fmt::format("cannot make the directory {}: {}", place.dir.string(),
                       std::strerror(reason));
  }
  if (BelongsToAnother(place.dir, uid)) {
    return fmt::format("{}: belongs to another user", place.dir.string());
  }
  // A file at its place is somebody's mistake, for Check to name.
  std::error_code error;
  if (std::filesystem::is_directory(place.dir, error) &&
      faccessat(AT_FDCWD, place.dir.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    const int reason = errno;
    return fmt::format("{}: {}", place.dir.string(), std::strerror(reason));
  }
  return {};
}

base::Status Check(const std::filesystem::path& dir, uid_t uid) {
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
  const char* tmp = std::getenv("TMPDIR");
  std::error_code error;
  const bool has_tmp = tmp != nullptr && *tmp == '/' &&
                       std::filesystem::is_directory(tmp, error);
  return {.xdg_runtime_dir = dir == nullptr ? "" : dir,
          .tmp = has_tmp ? tmp : "/tmp",
          .uid = geteuid()};
}

base::Result<std::vector<RuntimeDir>> FindRuntimeDirs(
    const RuntimeEnvironment& env) {
  std::vector<RuntimeDir> found;
  for (RuntimeDir& place : PlacesOf(env)) {
    // No daemon of this user is where another one is the owner.
    if (!SomethingIsAt(place.dir) || BelongsToAnother(place.dir, env.uid))
      continue;
    if (auto safe = Check(place.dir, env.uid); !safe) return safe.error();
    found.push_back(std::move(place));
  }
  if (!found.empty()) return found;
  return MakeError(
      ErrorCode::kNotFound,
      fmt::format("{}: no such directory", PlacesOf(env).front().dir.string()));
}

base::Result<RuntimeDir> MakeRuntimeDir(const RuntimeEnvironment& env) {
  std::string why;
  for (RuntimeDir& place : PlacesOf(env)) {
    const std::string unusable = WhyUnusable(place, env.uid);
    if (!unusable.empty()) {
      why += fmt::format("{}{}", why.empty() ? "" : "; ", unusable);
      continue;
    }
    if (auto safe = Check(place.dir, env.uid); !safe) return safe.error();
    place.instead_because = std::move(why);
    return std::move(place);
  }
  return MakeError(ErrorCode::kUnsupported, std::move(why));
}

base::Status MakeRuntimeDirAt(const RuntimeDir& dir, uid_t uid) {
  const std::string unusable = WhyUnusable(dir, uid);
  if (!unusable.empty()) return MakeError(ErrorCode::kIo, unusable);
  return Check(dir.dir, uid);
}

std::optional<FileIdentity> IdentityAt(const std::filesystem::path& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{.device = status.st_dev, .inode = status.st_ino};
}

base::Result<std::optional<DaemonLock>> DaemonLock::TryAcquire(
    const std::filesystem::path& file) {
  base::FileDescriptor opened(
      open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!opened) return SystemError(file, errno);
  if (flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::optional<DaemonLock>();
    return SystemError(file, errno);
  }
  DaemonLock lock(std::move(opened));
  // Removed between the two calls: to be tried again.
  if (!lock.IsAt(file)) return std::optional<DaemonLock>();
  return std::optional(std::move(lock));
}

bool DaemonLock::IsAt(const std::filesystem::path& file) const {
  struct stat status {};
  if (fstat(file_.get(), &status) != 0) return false;
  return IdentityAt(file) ==
         FileIdentity{.device = status.st_dev, .inode = status.st_ino};
}

}  // namespace krait::daemon
