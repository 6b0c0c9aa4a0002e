// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_RUNTIME_DIR_H_
#define KRAIT_DAEMON_SERVER_RUNTIME_DIR_H_

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "daemon/server/file_descriptor.h"
#include "engine/error.h"

namespace krait::daemon {

// What the runtime directory depends on; tests make their own.
struct RuntimeEnvironment {
  std::string xdg_runtime_dir;  // $XDG_RUNTIME_DIR
  std::string tmp = "/tmp";
  uid_t uid = 0;

  static RuntimeEnvironment OfProcess();
};

// Where a user's daemon is to be found.
struct RuntimeDir {
  std::filesystem::path dir;
  std::filesystem::path socket() const { return dir / "daemon.sock"; }
  std::filesystem::path lock() const { return dir / "daemon.lock"; }
};

// Returns $XDG_RUNTIME_DIR/krait, else /tmp/krait-UID. Fails with kNotFound if
// it does not exist, and with another error unless it is a directory of this
// user that nobody else can look into: whoever could write there could be the
// daemon, and read all source code.
engine::Result<RuntimeDir> FindRuntimeDir(const RuntimeEnvironment& env);

// The same, and makes it first if need be.
engine::Result<RuntimeDir> MakeRuntimeDir(const RuntimeEnvironment& env);

// The right to be the user's daemon. Ends with the object, and with the
// process whatever way that ends, so that it never outlives its holder.
class DaemonLock {
 public:
  // Returns nullopt if another process has it.
  static engine::Result<std::optional<DaemonLock>> TryAcquire(
      const std::filesystem::path& file);

 private:
  explicit DaemonLock(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_RUNTIME_DIR_H_
