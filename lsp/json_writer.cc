// SPDX-License-Identifier: Apache-2.0
#include "lsp/json_writer.h"

#include "base/utf8.h"

namespace krait::lsp {

boost::json::string JsonString(std::string_view text) {
  if (base::IsUtf8(text)) return boost::json::string(text);
  return boost::json::string(base::ToValidUtf8(text));
}

boost::json::value JsonOf(const RawJson& raw) {
  boost::json::parse_options options;
  options.max_depth = 256;  // more than the message parser lets in
  boost::system::error_code error;
  boost::json::value value =
      boost::json::parse(raw.text, error, boost::json::storage_ptr(), options);
  if (error) return nullptr;
  return value;
}

}  // namespace krait::lsp
