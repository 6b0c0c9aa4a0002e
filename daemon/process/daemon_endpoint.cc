// SPDX-License-Identifier: Apache-2.0
#include "daemon/process/daemon_endpoint.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "daemon/io/unix_socket.h"

namespace krait::daemon {

base::Result<std::optional<DaemonEndpoint>> DaemonEndpoint::Open(
    const RuntimeEnvironment& env) {
  using Found = std::optional<DaemonEndpoint>;
  auto handed_over = SocketOfSystemd();
  if (!handed_over) return handed_over.error();
  if (*handed_over) {
    return Found(DaemonEndpoint(*std::move(*handed_over)));
  }
  const auto dir = MakeRuntimeDir(env);
  if (!dir) return dir.error();
  constexpr auto kPause = std::chrono::milliseconds(20);
  constexpr int kTries = 500;
  for (int i = 0; i < kTries; ++i) {
    auto lock = DaemonLock::TryAcquire(dir->lock());
    if (!lock) return lock.error();
    if (*lock) {
      DaemonEndpoint endpoint(*dir, *std::move(*lock));
      if (auto listens = endpoint.Listen(); !listens) return listens.error();
      return Found(std::move(endpoint));
    }
    const auto other = ConnectTo(dir->socket());
    if (other) return Found();
    if (other.error().code == base::ErrorCode::kUnsupported) {
      return other.error();
    }
    std::this_thread::sleep_for(kPause);
  }
  return base::MakeError(
      base::ErrorCode::kIo,
      fmt::format("{}: another process holds the lock and does not listen",
                  dir->lock().string()));
}

base::Status DaemonEndpoint::Listen() {
  auto listener = ListenAt(place_.socket());
  if (!listener) return listener.error();
  listener_ = std::move(*listener);
  identity_ = IdentityAt(place_.socket());
  return {};
}

bool DaemonEndpoint::IsFound() const {
  if (place_.dir.empty()) return true;
  return lock_ && lock_->IsAt(place_.lock()) && identity_ &&
         IdentityAt(place_.socket()) == identity_;
}

base::Status DaemonEndpoint::Reopen() {
  if (auto made = MakeRuntimeDirAt(place_, geteuid()); !made) return made;
  if (!lock_ || !lock_->IsAt(place_.lock())) {
    auto lock = DaemonLock::TryAcquire(place_.lock());
    if (!lock) return lock.error();
    if (!*lock) {
      return base::MakeError(
          base::ErrorCode::kIo,
          fmt::format("{}: another daemon has it", place_.lock().string()));
    }
    lock_.emplace(*std::move(*lock));
  }
  return Listen();
}

void DaemonEndpoint::Close() {
  listener_.Reset();
  // Whoever has the lock of this place has the right to the socket's name.
  if (identity_ && IsFound()) (void)unlink(place_.socket().c_str());
  identity_.reset();
}

void DaemonEndpoint::Release() {
  Close();
  lock_.reset();
}

}  // namespace krait::daemon
