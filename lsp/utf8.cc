// SPDX-License-Identifier: Apache-2.0
#include "lsp/utf8.h"

#include <simdjson.h>

#include <cstddef>

namespace krait::lsp {
namespace {

// Returns the length by the first byte of a sequence, 0 for no first byte.
size_t SequenceLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;  // a continuation, or an overlong form of ASCII
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::string ToUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    size_t length = SequenceLength(static_cast<unsigned char>(text[0]));
    if (length == 0 || length > text.size() ||
        !IsUtf8(text.substr(0, length))) {
      length = 1;
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace krait::lsp
