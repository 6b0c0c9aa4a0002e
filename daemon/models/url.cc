// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "daemon/models/file_names.h"  // LowerCased

namespace krait::models {
namespace {

using base::ErrorCode;
using base::MakeError;

constexpr size_t kMaxUrl = 8192;  // signatures are long

base::Error BadUrl(std::string_view text, std::string_view why) {
  constexpr size_t kShown = 200;
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("{}: {}", text.substr(0, kShown), why));
}

bool IsUrlText(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; });
}

bool IsHost(std::string_view host) {
  const bool address = host.starts_with('[') && host.ends_with(']');
  return !host.empty() && std::ranges::all_of(host, [address](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' ||
           (address && (c == ':' || c == '[' || c == ']'));
  });
}

bool IsPort(std::string_view port) {
  unsigned number = 0;
  const auto [end, error] =
      std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() &&
         number >= 1 && number <= 65535;
}

// Fills in host and port from "host:port".
bool ReadAuthority(std::string_view authority, Url* url) {
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos &&
                        (bracket == std::string_view::npos || colon > bracket);
  url->host =
      LowerCased(authority.substr(0, has_port ? colon : authority.npos));
  if (!has_port) {
    url->port = url->scheme == "https" ? "443" : "80";
  } else {
    url->port = authority.substr(colon + 1);
  }
  return IsHost(url->host) && IsPort(url->port);
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
         c == '~' || c == '/';
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string Url::Origin() const {
  return fmt::format("{}://{}:{}", scheme, host, port);
}

std::string Url::Text() const {
  const bool usual = port == (scheme == "https" ? "443" : "80");
  return fmt::format("{}://{}{}{}{}", scheme, host, usual ? "" : ":",
                     usual ? "" : port, target);
}

std::string Url::WithoutQuery() const {
  const std::string text = Text();
  return text.substr(0, text.find('?'));
}

base::Result<Url> ParseUrl(std::string_view text) {
  if (text.size() > kMaxUrl) return BadUrl(text, "too long for a URL");
  if (!IsUrlText(text)) {
    return BadUrl(text, "a character that no URL has (write it as %XX)");
  }
  const size_t colon = text.find("://");
  Url url;
  if (colon != std::string_view::npos) {
    url.scheme = LowerCased(text.substr(0, colon));
  }
  if (url.scheme != "http" && url.scheme != "https") {
    return BadUrl(text, "expected a URL that begins with https:// or http://");
  }
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const size_t slash = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) {
    return BadUrl("URL", "a user name or password in it is not supported");
  }
  if (!ReadAuthority(authority, &url)) {
    return BadUrl(text, "expected HOST or HOST:PORT after ://");
  }
  rest = rest.substr(slash);
  url.target = fmt::format("{}{}", rest.starts_with('/') ? "" : "/", rest);
  return url;
}

base::Result<Url> ResolveUrl(const Url& from, std::string_view location) {
  const size_t end = std::min(location.find_first_of("/?#"), location.size());
  if (location.substr(0, end).find(':') != std::string_view::npos) {
    return ParseUrl(location);
  }
  if (location.starts_with("//")) {
    return ParseUrl(fmt::format("{}:{}", from.scheme, location));
  }
  if (location.starts_with('/')) {
    return ParseUrl(fmt::format("{}{}", from.Origin(), location));
  }
  const std::string path = from.target.substr(0, from.target.find('?'));
  return ParseUrl(fmt::format("{}{}{}", from.Origin(),
                              path.substr(0, path.rfind('/') + 1), location));
}

std::string EncodePath(std::string_view path) {
  std::string encoded;
  for (const char c : path) {
    if (IsUnreserved(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string DecodePath(std::string_view path) {
  std::string decoded;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%' && i + 2 < path.size() && HexValue(path[i + 1]) >= 0 &&
        HexValue(path[i + 2]) >= 0) {
      decoded +=
          static_cast<char>(HexValue(path[i + 1]) * 16 + HexValue(path[i + 2]));
      i += 2;
    } else {
      decoded += path[i];
    }
  }
  return decoded;
}

std::string FileNameOf(const Url& url) {
  const std::string path = url.target.substr(0, url.target.find('?'));
  return DecodePath(path.substr(path.rfind('/') + 1));
}

}  // namespace krait::models
