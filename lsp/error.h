// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_ERROR_H_
#define KRAIT_LSP_ERROR_H_

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <utility>

namespace krait::lsp {

// The error codes of JSON-RPC 2.0 and LSP 3.18, with their values on the wire.
// A client may send others; they are carried as they are.
enum class ErrorCode : int32_t {
  kParseError = -32700,      // not JSON, or not UTF-8
  kInvalidRequest = -32600,  // JSON, but no message that fits here and now
  kMethodNotFound = -32601,
  kInvalidParams = -32602,
  kInternalError = -32603,
  kServerNotInitialized = -32002,
  kRequestFailed = -32803,    // a valid request that could not be served
  kServerCancelled = -32802,  // superseded or dropped by the server
  kContentModified = -32801,  // the document changed under the request
  kRequestCancelled = -32800  // the client asked for it: a normal outcome
};

// What went wrong, in a sentence for the user that names the method and field
// and what was expected.
struct Error {
  ErrorCode code = ErrorCode::kInternalError;
  std::string message;
};

// The result of everything that can fail on input. Test it before use
// (`if (!r) return r.error();`); `.value()` is not used in krait.
template <class T>
using Result = boost::system::result<T, Error>;
using Status = boost::system::result<void, Error>;

inline Error MakeError(ErrorCode code, std::string message) {
  return Error{code, std::move(message)};
}

// Lets boost::system::result compile `.value()`; never called in krait.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location&);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_ERROR_H_
