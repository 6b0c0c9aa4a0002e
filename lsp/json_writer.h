// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_JSON_WRITER_H_
#define KRAIT_LSP_JSON_WRITER_H_

// Writing params and results with Boost.JSON. Only sources include this
// header.

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/json_text.h"
#include "lsp/json.h"

namespace krait::lsp {

using base::JsonString;

inline boost::json::value JsonOf(const RawJson& raw) {
  return base::JsonOf(raw.text);
}

inline RawJson Serialize(const boost::json::value& value) {
  return {boost::json::serialize(value)};
}

}  // namespace krait::lsp

#endif  // KRAIT_LSP_JSON_WRITER_H_
