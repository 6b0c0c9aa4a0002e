// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_MESSAGE_H_
#define KRAIT_DAEMON_HTTP_MESSAGE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace krait::daemon {

// A request, as far as krait looks at it. Header fields that came twice are
// joined by commas.
struct HttpRequest {
  std::string method = {};  // "GET"
  std::string path = {};    // of the target, decoded, without the query
  std::string body = {};

  std::string accept = {};
  std::string host = {};
  std::string origin = {};
  std::string authorization = {};
  std::string api_key = {};  // x-api-key
  std::string fetch_site = {};
  std::string requested_method = {};  // of a preflight
  bool forwarded = false;             // a proxy passed it on

  // The token that it brings along; empty: none.
  std::string_view Token() const;
};

struct HttpReply {
  unsigned status = 200;
  std::string body = {};
  std::string content_type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> fields = {};
};

// Returns "Not Found" for 404.
std::string_view ReasonOf(unsigned status);

// Returns the head of an answer, to its empty line. Without a length the body
// comes in chunks.
std::string HeadOf(const HttpReply& reply, bool chunked, bool keep_alive);

// Returns a chunk of a body that comes in some; not of no bytes, as that ends
// it.
std::string ChunkOf(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// Returns the path of a request's target, decoded; empty: it is none.
std::string PathOfTarget(std::string_view target);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_MESSAGE_H_
