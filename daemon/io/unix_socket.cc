// SPDX-License-Identifier: Apache-2.0
#include "daemon/io/unix_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace krait::daemon {

using base::ErrorCode;
using base::MakeError;

namespace {

ErrorCode CodeOf(int reason) {
  switch (reason) {
    case ENOENT:
    case ECONNREFUSED:
      return ErrorCode::kNotFound;
    case EACCES:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOTDIR:
    case ENOTSOCK:
    case EPERM:
    case EPROTOTYPE:
    case EROFS:
      return ErrorCode::kUnsupported;  // will not pass
    default:
      return ErrorCode::kIo;
  }
}

base::Error SystemError(std::string_view what, int reason) {
  return MakeError(CodeOf(reason),
                   fmt::format("{}: {}", what, std::strerror(reason)));
}

base::Result<sockaddr_un> AddressOf(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof(address.sun_path)) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("{}: a socket's path has at most {} bytes, "
                                 "expected a shorter XDG_RUNTIME_DIR",
                                 text, sizeof(address.sun_path) - 1));
  }
  std::memcpy(address.sun_path, text.data(), text.size());
  return address;
}

base::Result<base::FileDescriptor> NewSocket() {
  base::FileDescriptor made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made) return SystemError("socket", errno);
  return made;
}

int IntegerIn(const char* variable) {
  const char* text = std::getenv(variable);
  int number = 0;
  if (text != nullptr) {
    (void)std::from_chars(text, text + std::strlen(text), number);
  }
  return number;
}

std::optional<ucred> CredentialsOf(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return std::nullopt;
  }
  return peer;
}

int OptionOf(int socket, int option) {
  int value = 0;
  socklen_t size = sizeof(value);
  if (getsockopt(socket, SOL_SOCKET, option, &value, &size) != 0) return -1;
  return value;
}

}  // namespace

base::Status CheckSocketPath(const std::filesystem::path& path) {
  const auto address = AddressOf(path);
  if (!address) return address.error();
  return {};
}

base::Result<base::FileDescriptor> ListenAt(const std::filesystem::path& path) {
  const auto address = AddressOf(path);
  if (!address) return address.error();
  auto made = NewSocket();
  if (!made) return made.error();
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return SystemError(path.string(), errno);
  }
  constexpr int kBacklog = 64;
  const auto* any = reinterpret_cast<const sockaddr*>(&*address);
  if (bind(made->get(), any, sizeof(*address)) != 0 ||
      listen(made->get(), kBacklog) != 0) {
    return SystemError(path.string(), errno);
  }
  return made;
}

base::Result<std::optional<base::FileDescriptor>> SocketOfSystemd() {
  constexpr int kFirst = 3;  // its number by convention
  const bool ours = IntegerIn("LISTEN_PID") == getpid();
  const int count = ours ? IntegerIn("LISTEN_FDS") : 0;
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    (void)unsetenv(name);
  }
  if (count == 0) return std::optional<base::FileDescriptor>();
  if (count != 1 || OptionOf(kFirst, SO_DOMAIN) != AF_UNIX ||
      OptionOf(kFirst, SO_TYPE) != SOCK_STREAM ||
      OptionOf(kFirst, SO_ACCEPTCONN) != 1) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("socket activation: expected one listening "
                                 "Unix stream socket, got {} descriptors of "
                                 "which the first is none",
                                 count));
  }
  (void)fcntl(kFirst, F_SETFD, FD_CLOEXEC);
  return std::optional(base::FileDescriptor(kFirst));
}

base::Result<base::FileDescriptor> ConnectTo(
    const std::filesystem::path& path) {
  const auto address = AddressOf(path);
  if (!address) return address.error();
  auto made = NewSocket();
  if (!made) return made.error();
  // Connecting waits if the daemon has not accepted those before.
  if (auto set = SetTimeout(made->get(), std::chrono::seconds(2)); !set) {
    return set.error();
  }
  const auto* any = reinterpret_cast<const sockaddr*>(&*address);
  if (connect(made->get(), any, sizeof(*address)) != 0) {
    return SystemError(path.string(), errno);
  }
  return made;
}

pid_t PeerOf(int socket) {
  const auto peer = CredentialsOf(socket);
  return peer ? peer->pid : 0;
}

bool PeerIsThisUser(int socket) {
  const auto peer = CredentialsOf(socket);
  return peer && peer->uid == geteuid();
}

base::Status SetTimeout(int socket, std::chrono::milliseconds timeout) {
  timeval time{};
  time.tv_sec = timeout.count() / 1000;
  time.tv_usec = timeout.count() % 1000 * 1000;
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    if (setsockopt(socket, SOL_SOCKET, option, &time, sizeof(time)) != 0) {
      return SystemError("setsockopt", errno);
    }
  }
  return {};
}

base::Status WriteLine(int socket, std::string_view line) {
  std::string text(line);
  text += '\n';
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t sent = send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return SystemError("writing to the daemon", errno);
    rest.remove_prefix(static_cast<size_t>(sent));
  }
  return {};
}

base::Result<std::string> ReadLine(int socket, size_t max_bytes) {
  std::string line;
  for (;;) {
    char c = 0;
    const ssize_t got = recv(socket, &c, 1, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("reading from the daemon", errno);
    if (got == 0) {
      return MakeError(ErrorCode::kIo, "the daemon closed the connection");
    }
    if (c == '\n') return line;
    if (line.size() == max_bytes) {
      return MakeError(ErrorCode::kIo,
                       fmt::format("expected a line of at most {} bytes from "
                                   "the daemon",
                                   max_bytes));
    }
    line += c;
  }
}

}  // namespace krait::daemon
