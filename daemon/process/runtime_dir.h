// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_PROCESS_RUNTIME_DIR_H_
#define KRAIT_DAEMON_PROCESS_RUNTIME_DIR_H_

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace krait::daemon {

// What the runtime directory depends on; tests make their own.
struct RuntimeEnvironment {
  std::string xdg_runtime_dir;  // $XDG_RUNTIME_DIR
  std::string tmp = "/tmp";     // $TMPDIR if it is a directory
  uid_t uid = 0;

  static RuntimeEnvironment OfProcess();
};

// Where a user's daemon is to be found.
struct RuntimeDir {
  std::filesystem::path dir;
  // Why it is not below $XDG_RUNTIME_DIR, though there is one; else empty.
  std::string instead_because = {};
  std::filesystem::path socket() const { return dir / "daemon.sock"; }
  std::filesystem::path lock() const { return dir / "daemon.lock"; }
};

// Returns where a daemon may be that runs already, best first: all of
// $XDG_RUNTIME_DIR/krait and /tmp/krait-UID that exist. Fails with kNotFound if
// neither does, and with another error if one of them is no directory of this
// user that nobody else can look into: whoever could write there could be the
// daemon, and read all source code.
base::Result<std::vector<RuntimeDir>> FindRuntimeDirs(
    const RuntimeEnvironment& env);

// Returns where a daemon is to be, and makes it if need be. That is
// $XDG_RUNTIME_DIR/krait; or /tmp/krait-UID where that cannot be made or used
// (no variable, no such directory, another user's, read-only, a path too long
// for a socket). An unsafe one is an error: somebody is to look at it.
base::Result<RuntimeDir> MakeRuntimeDir(const RuntimeEnvironment& env);

// Makes this one, or checks it.
base::Status MakeRuntimeDirAt(const RuntimeDir& dir, uid_t uid);

// What tells a file from another that took its name.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};
// Returns nullopt if there is none. A link is itself, not what it leads to.
std::optional<FileIdentity> IdentityAt(const std::filesystem::path& path);

// The right to be the user's daemon. Ends with the object, and with the
// process whatever way that ends, so that it never outlives its holder. It is
// worth nothing once its file is removed: others then lock another.
class DaemonLock {
 public:
  // Returns nullopt if another process has it.
  static base::Result<std::optional<DaemonLock>> TryAcquire(
      const std::filesystem::path& file);

  // Whether the file of this name is still the one that is locked.
  bool IsAt(const std::filesystem::path& file) const;

 private:
  explicit DaemonLock(base::FileDescriptor file) : file_(std::move(file)) {}
  base::FileDescriptor file_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_PROCESS_RUNTIME_DIR_H_
