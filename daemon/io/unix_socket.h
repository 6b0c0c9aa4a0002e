// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_IO_UNIX_SOCKET_H_
#define KRAIT_DAEMON_IO_UNIX_SOCKET_H_

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace krait::daemon {

// Listens at `path`, in the place of whatever is there: a socket that a dead
// daemon left. The caller holds the DaemonLock.
base::Result<base::FileDescriptor> ListenAt(const std::filesystem::path& path);

// Returns the listening socket that systemd handed to this process, if it did.
// The variables that say so are removed, as children do not inherit it.
base::Result<std::optional<base::FileDescriptor>> SocketOfSystemd();

// Fails with kUnsupported if a path is too long for a socket.
base::Status CheckSocketPath(const std::filesystem::path& path);

// Connects, blocking. kNotFound: nobody listens there. kUnsupported: that
// cannot work, however often it is tried.
base::Result<base::FileDescriptor> ConnectTo(const std::filesystem::path& path);

// Returns the process at the other end, or that opened the socket for it; 0 if
// it is not known.
pid_t PeerOf(int socket);
// Whether the process at the other end runs as this user.
bool PeerIsThisUser(int socket);

// Blocking, for short exchanges of lines. Neither call takes longer than
// `timeout` between bytes.
base::Status SetTimeout(int socket, std::chrono::milliseconds timeout);
base::Status WriteLine(int socket, std::string_view line);
// Returns the line without its end. Reads not a byte beyond it.
base::Result<std::string> ReadLine(int socket, size_t max_bytes);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_IO_UNIX_SOCKET_H_
