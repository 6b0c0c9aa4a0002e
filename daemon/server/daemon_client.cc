// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/daemon_client.h"

#include <fmt/format.h>

#include <thread>
#include <utility>

#include "daemon/server/bridge_protocol.h"
#include "daemon/server/unix_socket.h"

namespace krait::daemon {

using engine::ErrorCode;
using engine::MakeError;

namespace {
// A daemon answers at once, unless it is stuck.
constexpr auto kTimeout = std::chrono::seconds(5);
}  // namespace

engine::Result<GreetedSocket> Greet(const std::filesystem::path& path,
                                    const Greeting& greeting) {
  auto socket = ConnectTo(path);
  if (!socket) return socket.error();
  if (!PeerIsThisUser(socket->get())) {
    return MakeError(
        ErrorCode::kIo,
        fmt::format("{}: another user listens there", path.string()));
  }
  const auto answer = [&]() -> engine::Result<std::string> {
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

engine::Result<ControlClient> ControlClient::Connect(
    const RuntimeEnvironment& env) {
  const auto dir = FindRuntimeDir(env);
  if (!dir) return dir.error();
  return ConnectAt(dir->socket());
}

engine::Result<ControlClient> ControlClient::ConnectAt(
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

engine::Result<std::string> ControlClient::Ask(const ControlRequest& request) {
  const int socket = greeted_.socket.get();
  if (auto sent = WriteLine(socket, ToLine(request)); !sent) {
    return sent.error();
  }
  return ReadLine(socket, kMaxStatusBytes);
}

bool WaitForDaemonsEnd(const RuntimeDir& dir, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  do {
    const auto lock = DaemonLock::TryAcquire(dir.lock());
    if (!lock || *lock) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

}  // namespace krait::daemon
