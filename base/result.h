// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_BASE_RESULT_H_
#define KRAIT_BASE_RESULT_H_

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <utility>

namespace krait::base {

enum class ErrorCode : uint8_t {
  kInvalidArgument,  // the caller asked for something that makes no sense
  kNotFound,         // no such file, model or name
  kBadFile,          // the file's content is wrong
  kUnsupported,      // well-formed, but krait cannot do it (yet)
  kIo,               // the operating system refused
  kCancelled,        // asked to stop: a normal outcome
  kInternal,         // our own mistake
};

// What went wrong, in a sentence for the user that names the file and field
// and what was expected.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
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

}  // namespace krait::base

#endif  // KRAIT_BASE_RESULT_H_
