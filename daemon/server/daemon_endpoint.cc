// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/daemon_endpoint.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "daemon/server/unix_socket.h"

namespace krait::daemon {

engine::Result<std::optional<DaemonEndpoint>> DaemonEndpoint::Open(
    const RuntimeEnvironment& env) {
  using Found = std::optional<DaemonEndpoint>;
  auto handed_over = SocketOfSystemd();
  if (!handed_over) return handed_over.error();
  if (*handed_over) {
    return Found(DaemonEndpoint(*std::move(*handed_over), {}, std::nullopt));
  }
  const auto dir = MakeRuntimeDir(env);
  if (!dir) return dir.error();
  constexpr auto kPause = std::chrono::milliseconds(20);
  constexpr int kTries = 500;
  for (int i = 0; i < kTries; ++i) {
    auto lock = DaemonLock::TryAcquire(dir->lock());
    if (!lock) return lock.error();
    if (*lock) {
      auto listener = ListenAt(dir->socket());
      if (!listener) return listener.error();
      return Found(DaemonEndpoint(std::move(*listener), dir->socket(),
                                  std::move(*lock)));
    }
    if (ConnectTo(dir->socket())) return Found();
    std::this_thread::sleep_for(kPause);
  }
  return engine::MakeError(
      engine::ErrorCode::kIo,
      fmt::format("{}: another process holds the lock and does not listen",
                  dir->lock().string()));
}

void DaemonEndpoint::Close() {
  listener_.Reset();
  if (lock_ && !socket_.empty()) (void)unlink(socket_.c_str());
  socket_.clear();
}

void DaemonEndpoint::Release() {
  Close();
  lock_.reset();
}

}  // namespace krait::daemon
