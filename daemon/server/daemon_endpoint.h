// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_DAEMON_ENDPOINT_H_
#define KRAIT_DAEMON_SERVER_DAEMON_ENDPOINT_H_

#include <filesystem>
#include <optional>
#include <utility>

#include "daemon/server/file_descriptor.h"
#include "daemon/server/runtime_dir.h"
#include "engine/error.h"

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
  static engine::Result<std::optional<DaemonEndpoint>> Open(
      const RuntimeEnvironment& env);

  DaemonEndpoint(DaemonEndpoint&& other) noexcept
      : listener_(std::move(other.listener_)),
        socket_(std::exchange(other.socket_, {})),
        lock_(std::exchange(other.lock_, std::nullopt)) {}
  DaemonEndpoint& operator=(DaemonEndpoint&&) = delete;
  ~DaemonEndpoint() { Close(); }

  // Hands out the listening socket.
  FileDescriptor TakeListener() { return std::move(listener_); }
  // Where that is; empty: systemd knows, and keeps it when this process ends.
  const std::filesystem::path& socket() const { return socket_; }

  // Nobody finds the daemon any more; no other may start yet.
  void Close();
  // From here on another may start.
  void Release();

 private:
  DaemonEndpoint(FileDescriptor listener, std::filesystem::path socket,
                 std::optional<DaemonLock> lock)
      : listener_(std::move(listener)),
        socket_(std::move(socket)),
        lock_(std::move(lock)) {}

  FileDescriptor listener_;
  std::filesystem::path socket_;
  std::optional<DaemonLock> lock_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_DAEMON_ENDPOINT_H_
