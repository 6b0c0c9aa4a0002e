// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_PEER_OWNER_H_
#define KRAIT_DAEMON_HTTP_PEER_OWNER_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace krait::daemon {

// One end of a TCP connection.
struct SocketEnd {
  std::string address;  // 4 or 16 bytes, as they are sent
  uint16_t port = 0;
};

// Returns whose socket the connection from `from` to `to` is, by a table of the
// kernel's (/proc/net/tcp, or tcp6 if `v6`). Nothing: it is not in there, as
// that of another machine, or nobody has it open any more.
std::optional<uid_t> OwnerIn(std::string_view table, bool v6,
                             const SocketEnd& from, const SocketEnd& to);

// The same, as it is now. Asks the kernel for that socket; where it does not
// answer, reads the tables, which takes it some 10 ms each, whatever is in
// them.
std::optional<uid_t> OwnerOf(const SocketEnd& from, const SocketEnd& to);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_PEER_OWNER_H_
