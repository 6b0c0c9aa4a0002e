// SPDX-License-Identifier: Apache-2.0
#include "daemon/process/daemon_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/io/bridge_protocol.h"
#include "daemon/io/unix_socket.h"

namespace krait::daemon {

using base::ErrorCode;
using base::MakeError;

namespace {
// A daemon answers at once, unless it is stuck.
constexpr auto kTimeout = std::chrono::seconds(5);
}  // namespace

base::Result<GreetedSocket> Greet(const std::filesystem::path& path,
                                  const Greeting& greeting) {
  auto socket = ConnectTo(path);
  if (!socket) return socket.error();
  if (!PeerIsThisUser(socket->get())) {
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("{}: another user listens there", path.string()));
  }
  const auto answer = [&]() -> base::Result<std::string> {
    if (auto set = SetTimeout(socket->get(), kTimeout); !set) {
      return set.error();
    }
    if (auto sent = WriteLine(socket->get(), ToLine(greeting)); !sent) {
      return sent.error();
    }
    return ReadLine(socket->get(), kMaxGreetingBytes);
  }();
  if (!answer) return answer.error();
  auto welcome = ParseWelcome(*answer);
  if (!welcome) return welcome.error();
  return GreetedSocket{.socket = std::move(*socket),
                       .welcome = std::move(*welcome)};
}

base::Result<ControlClient> ControlClient::Connect(
    const RuntimeEnvironment& env) {
  const auto dirs = FindRuntimeDirs(env);
  if (!dirs) return dirs.error();
  auto none = MakeError(ErrorCode::kNotFound, "no daemon is running");
  for (const RuntimeDir& dir : *dirs) {
    auto client = ConnectAt(dir.socket());
    if (client || client.error().code != none.code) return client;
  }
  return none;
}

base::Result<ControlClient> ControlClient::ConnectAt(
    const std::filesystem::path& socket) {
  Greeting greeting;
  greeting.purpose = kPurposeControl;
  auto greeted = Greet(socket, greeting);
  if (!greeted) return greeted.error();
  if (!greeted->welcome.refused.empty()) {
    return MakeError(ErrorCode::kIo, greeted->welcome.reason);
  }
  return ControlClient(std::move(*greeted));
}

base::Result<std::string> ControlClient::Ask(const ControlRequest& request) {
  const int socket = greeted_.socket.get();
  if (auto sent = WriteLine(socket, ToLine(request)); !sent) {
    return sent.error();
  }
  return ReadLine(socket, kMaxStatusBytes);
}

std::optional<std::string> FindSilentDaemon(const RuntimeEnvironment& env) {
  const auto dirs = FindRuntimeDirs(env);
  if (!dirs) return std::nullopt;
  for (const RuntimeDir& dir : *dirs) {
    const auto socket = ConnectTo(dir.socket());
    if (!socket || !PeerIsThisUser(socket->get())) continue;
    return fmt::format(
        "a daemon listens at {} (opened by process {}) and does not answer: "
        "it is stuck; `kill -9` ends it, and editors start another",
        dir.socket().string(), PeerOf(socket->get()));
  }
  return std::nullopt;
}

WatchedProcess::WatchedProcess(int64_t pid)
    : process_(static_cast<int>(
          syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0U))) {}

bool WatchedProcess::WaitForEnd(std::chrono::milliseconds limit) const {
  if (!process_) return true;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd readable{.fd = process_.get(), .events = POLLIN, .revents = 0};
    const int ready = poll(
        &readable, 1, static_cast<int>(std::max<int64_t>(0, left.count())));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace krait::daemon
