// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_PROCESS_DAEMON_ENDPOINT_H_
#define KRAIT_DAEMON_PROCESS_DAEMON_ENDPOINT_H_

#include <filesystem>
#include <optional>
#include <utility>

#include "base/file_descriptor.h"
#include "base/result.h"
#include "daemon/process/runtime_dir.h"

namespace krait::daemon {

// The place where a daemon listens, which at most one process has.
class DaemonEndpoint {
 public:
  // Takes over the socket that systemd handed over; else takes the lock of the
  // runtime directory and listens there. Returns nullopt if another daemon
  // listens already. Of many that open it at once exactly one gets it.
  //
  // One that has the lock and does not listen is about to begin or to end:
  // that is waited for, up to ten seconds.
  static base::Result<std::optional<DaemonEndpoint>> Open(
      const RuntimeEnvironment& env);

  DaemonEndpoint(DaemonEndpoint&& other) noexcept
      : listener_(std::move(other.listener_)),
        place_(std::exchange(other.place_, {})),
        identity_(std::exchange(other.identity_, std::nullopt)),
        lock_(std::exchange(other.lock_, std::nullopt)) {}
  DaemonEndpoint& operator=(DaemonEndpoint&&) = delete;
  ~DaemonEndpoint() { Close(); }

  // Hands out the listening socket.
  base::FileDescriptor TakeListener() { return std::move(listener_); }
  // Where that is; empty: systemd knows, and keeps it when this process ends.
  std::filesystem::path socket() const {
    return place_.dir.empty() ? std::filesystem::path() : place_.socket();
  }
  const RuntimeDir& place() const { return place_; }

  // Whether who looks for the daemon finds this one. Not so once the runtime
  // directory or a file in it was removed (the user logged out, somebody
  // cleaned up), and after that the place may be another daemon's.
  bool IsFound() const;
  // Takes the place again and listens there anew, for TakeListener; fails if
  // another has it by now, or if it cannot be made. Does not wait.
  base::Status Reopen();

  // Nobody finds the daemon any more; no other may start yet. What is another's
  // by now stays.
  void Close();
  // From here on another may start.
  void Release();

 private:
  explicit DaemonEndpoint(base::FileDescriptor listener)
      : listener_(std::move(listener)) {}
  DaemonEndpoint(RuntimeDir place, DaemonLock lock)
      : place_(std::move(place)), lock_(std::move(lock)) {}
  base::Status Listen();

  base::FileDescriptor listener_;
  RuntimeDir place_;                      // no directory: systemd's socket
  std::optional<FileIdentity> identity_;  // of the socket's name
  std::optional<DaemonLock> lock_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_PROCESS_DAEMON_ENDPOINT_H_
