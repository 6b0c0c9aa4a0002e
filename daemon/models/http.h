// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_HTTP_H_
#define KRAIT_DAEMON_MODELS_HTTP_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "daemon/models/url.h"

namespace krait::models {

// One exchange of HTTP, and what is read of its answer. Nothing here follows a
// redirection or reads a body into memory.

struct HttpRequest {
  Url url;
  std::vector<std::string> headers;  // "Name: value"
};

// The head of an answer.
struct HttpHead {
  int status = 0;
  Url url;  // whose answer it is; HttpClient says so
  // Names in lower case, in the order in which they came.
  std::vector<std::pair<std::string, std::string>> headers;

  // Returns the last one's value; empty if there is none.
  std::string_view Find(std::string_view name) const;
  // The number in content-length.
  std::optional<uint64_t> ContentLength() const;
  bool IsRedirect() const {
    return status == 301 || status == 302 || status == 303 || status == 307 ||
           status == 308;
  }
};

// Where an answer goes. An error that one of them returns ends the exchange
// and is what it returns.
struct HttpSink {
  std::function<base::Status(const HttpHead& head)> head;
  std::function<base::Status(std::string_view part)> body;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Sends a GET and reads its answer. kIo: the network failed, which may be
  // otherwise the next time; kUnsupported: it can never work here.
  virtual base::Status Get(const HttpRequest& request,
                           const HttpSink& sink) = 0;
};

// "bytes 5-9/10", or "bytes */10" with a 416.
struct ContentRange {
  std::optional<uint64_t> begin;
  std::optional<uint64_t> total;  // not if it is "*"
};
std::optional<ContentRange> ParseContentRange(std::string_view text);

// Adds a line of an answer's head, "Name: value" or "HTTP/1.1 200 OK", which
// begins the head again (after a 100 or a proxy's answer). Others are skipped.
void AddHeadLine(std::string_view line, HttpHead* head);

// Returns the URL of rel="next" in a Link header; empty if there is none.
std::string_view NextLink(std::string_view link);

std::optional<uint64_t> ParseNumber(std::string_view digits);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_HTTP_H_
