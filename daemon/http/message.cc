// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/message.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace krait::daemon {
namespace {

constexpr std::array<std::pair<unsigned, std::string_view>, 18> kReasons = {{
    {200, "OK"},
    {204, "No Content"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
}};

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if ((a[i] | 0x20) != (b[i] | 0x20)) return false;
  }
  return true;
}

}  // namespace

std::string_view HttpRequest::Token() const {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view text = authorization;
  if (text.size() > kScheme.size() &&
      EqualIgnoringCase(text.substr(0, kScheme.size()), kScheme)) {
    std::string_view token = text.substr(kScheme.size());
    while (token.starts_with(' ')) token.remove_prefix(1);
    while (token.ends_with(' ')) token.remove_suffix(1);
    return token;
  }
  return api_key;
}

std::string_view ReasonOf(unsigned status) {
  for (const auto& [known, reason] : kReasons) {
    if (known == status) return reason;
  }
  return "Unknown";
}

std::string HeadOf(const HttpReply& reply, bool chunked, bool keep_alive) {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\n", reply.status, ReasonOf(reply.status));
  if (reply.status != 204) {
    head += fmt::format("Content-Type: {}\r\n", reply.content_type);
    head += chunked ? std::string("Transfer-Encoding: chunked\r\n")
                    : fmt::format("Content-Length: {}\r\n", reply.body.size());
  }
  for (const auto& [name, value] : reply.fields) {
    head += fmt::format("{}: {}\r\n", name, value);
  }
  // What a browser is told of all answers; nothing of them may be kept.
  head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  head += keep_alive ? "Connection: keep-alive\r\n\r\n"
                     : "Connection: close\r\n\r\n";
  return head;
}

std::string ChunkOf(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

std::string PathOfTarget(std::string_view target) {
  // Proxies write the whole address.
  constexpr std::string_view kScheme = "http://";
  if (target.starts_with(kScheme)) {
    const size_t slash = target.find('/', kScheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  if (!target.starts_with('/')) return {};
  target = target.substr(0, target.find_first_of("?#"));
  std::string path;
  for (size_t i = 0; i < target.size(); ++i) {
    if (target[i] != '%') {
      path += target[i];
      continue;
    }
    unsigned byte = 0;
    if (i + 2 >= target.size()) return {};
    const char* const end = target.data() + i + 3;
    const auto [stop, error] = std::from_chars(end - 2, end, byte, 16);
    if (error != std::errc() || stop != end || byte == 0) return {};
    path += static_cast<char>(byte);
    i += 2;
  }
  // The same page with and without a slash at its end.
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace krait::daemon
