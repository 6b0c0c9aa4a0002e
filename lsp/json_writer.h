// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_JSON_WRITER_H_
#define KRAIT_LSP_JSON_WRITER_H_

// Writing params and results with Boost.JSON. Only sources include this
// header.

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "lsp/json.h"

namespace krait::lsp {

// Returns `text` as a JSON string. What is not UTF-8, such as model output cut
// inside a character, is replaced by U+FFFD: one bad byte must not cost the
// whole message.
boost::json::string JsonString(std::string_view text);

// Returns the parsed value, or null if it is not JSON.
boost::json::value JsonOf(const RawJson& raw);

inline RawJson Serialize(const boost::json::value& value) {
  return {boost::json::serialize(value)};
}

}  // namespace krait::lsp

#endif  // KRAIT_LSP_JSON_WRITER_H_
