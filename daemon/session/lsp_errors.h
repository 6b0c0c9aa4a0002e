// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_LSP_ERRORS_H_
#define KRAIT_DAEMON_SESSION_LSP_ERRORS_H_

#include <fmt/format.h>

#include <string_view>

#include "base/result.h"
#include "lsp/error.h"

namespace krait::daemon {

// The one place where errors of the engine become errors of the protocol.
inline lsp::Error ToLspError(const base::Error& error) {
  switch (error.code) {
    case base::ErrorCode::kCancelled:
      return lsp::MakeError(lsp::ErrorCode::kRequestCancelled, error.message);
    case base::ErrorCode::kInternal:
      return lsp::MakeError(lsp::ErrorCode::kInternalError, error.message);
    default:
      return lsp::MakeError(lsp::ErrorCode::kRequestFailed, error.message);
  }
}

inline lsp::Error CancelledByClient() {
  return lsp::MakeError(lsp::ErrorCode::kRequestCancelled,
                        "cancelled by the client");
}

// Editors know RequestCancelled and say nothing to the user; ServerCancelled
// would need their support per request.
inline lsp::Error Superseded() {
  return lsp::MakeError(lsp::ErrorCode::kRequestCancelled,
                        "a newer request for the document replaced this one");
}

inline lsp::Error DocumentChanged() {
  return lsp::MakeError(lsp::ErrorCode::kRequestCancelled,
                        "the document changed before the request could begin");
}

inline lsp::Error NotOpen(std::string_view method, std::string_view uri) {
  return lsp::MakeError(
      lsp::ErrorCode::kInvalidParams,
      fmt::format("{}: textDocument.uri: {} is not open", method, uri));
}

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_LSP_ERRORS_H_
