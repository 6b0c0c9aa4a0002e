// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/dialect.h"

#include <array>

namespace krait::daemon {

// Each in a source of its own.
const Dialect& LlamaDialect();
const Dialect& OpenAiDialect();
const Dialect& MistralDialect();
const Dialect& OllamaDialect();
const Dialect& KraitDialect();

std::span<const Dialect* const> Dialects() {
  static const std::array<const Dialect*, 5> dialects = {
      &LlamaDialect(), &OpenAiDialect(), &MistralDialect(), &OllamaDialect(),
      &KraitDialect()};
  return dialects;
}

FoundRoute FindRoute(std::string_view method, std::string_view path) {
  FoundRoute found;
  for (const Dialect* const dialect : Dialects()) {
    for (const Route& route : dialect->routes) {
      if (route.path != path) continue;
      const bool head = method == "HEAD" && route.method == "GET";
      if (route.method == method || head) {
        return {.dialect = dialect, .route = &route};
      }
      if (found.dialect == nullptr) found.dialect = dialect;
    }
  }
  return found;
}

unsigned StatusOf(const Dialect& dialect, const base::Error& error) {
  switch (error.code) {
    case base::ErrorCode::kInvalidArgument:
      return dialect.status_of_wrong_body;
    case base::ErrorCode::kNotFound:
      return 404;
    case base::ErrorCode::kUnsupported:
      return 501;
    case base::ErrorCode::kIo:
    case base::ErrorCode::kCancelled:
      return 503;
    case base::ErrorCode::kBadFile:
    case base::ErrorCode::kInternal:
      break;
  }
  return 500;
}

HttpReply ErrorReply(const Dialect* dialect, unsigned status,
                     std::string_view message) {
  if (dialect == nullptr) dialect = Dialects().front();
  return {.status = status, .body = dialect->error_body(status, message)};
}

}  // namespace krait::daemon
