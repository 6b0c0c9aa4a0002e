// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CONFIG_LISTEN_ADDRESS_H_
#define KRAIT_DAEMON_CONFIG_LISTEN_ADDRESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace krait::daemon {

// Where to listen for HTTP.
struct ListenAddress {
  std::string host;   // "127.0.0.1", "::1", or "localhost", which is both
  uint16_t port = 0;  // 0: one that the system picks

  // Whether only programs of this machine can connect.
  bool is_loopback() const;
  // The addresses that it stands for, without names.
  std::vector<std::string> addresses() const;
  // "127.0.0.1:8012", "[::1]:8012"
  std::string Text() const;
};

// Takes "HOST:PORT" with an address or "localhost"; names are not looked up.
base::Result<ListenAddress> ParseListenAddress(std::string_view text);

// Splits "HOST[:PORT]" of a URL or a Host field; the host comes without
// brackets. Nothing if it is none.
struct HostAndPort {
  std::string host;
  std::optional<uint16_t> port;
};
std::optional<HostAndPort> SplitHost(std::string_view text);

// Whether it is an IPv4 or IPv6 address, and not a name.
bool IsAddress(const std::string& host);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CONFIG_LISTEN_ADDRESS_H_
