// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/listen_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <charconv>

namespace krait::daemon {
namespace {

constexpr size_t kLongestHost = 255;

std::optional<uint16_t> PortOf(std::string_view text) {
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return port;
}

bool IsV6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace

bool IsAddress(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || IsV6(host);
}

bool ListenAddress::is_loopback() const {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && !IsV6(host));
}

std::vector<std::string> ListenAddress::addresses() const {
  if (host == "localhost") return {"127.0.0.1", "::1"};
  return {host};
}

std::string ListenAddress::Text() const {
  return IsV6(host) ? fmt::format("[{}]:{}", host, port)
                    : fmt::format("{}:{}", host, port);
}

std::optional<HostAndPort> SplitHost(std::string_view text) {
  if (text.empty() || text.size() > kLongestHost + 6) return std::nullopt;
  HostAndPort split;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    split.host = text.substr(1, end - 1);
    if (!IsV6(split.host)) return std::nullopt;
    rest = text.substr(end + 1);
  } else {
    const size_t colon = text.find(':');
    split.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view()
                                           : text.substr(colon);
  }
  if (split.host.empty()) return std::nullopt;
  if (rest.empty()) return split;
  if (!rest.starts_with(':')) return std::nullopt;
  split.port = PortOf(rest.substr(1));
  if (!split.port) return std::nullopt;
  return split;
}

base::Result<ListenAddress> ParseListenAddress(std::string_view text) {
  const auto split = SplitHost(text);
  const bool sound = split && split->port &&
                     (split->host == "localhost" || IsAddress(split->host));
  if (!sound) {
    return base::MakeError(
        base::ErrorCode::kInvalidArgument,
        fmt::format("{}: expected an address and a port, such as "
                    "127.0.0.1:8012, [::1]:8012 or localhost:8012",
                    text));
  }
  return ListenAddress{.host = split->host, .port = *split->port};
}

}  // namespace krait::daemon
