// SPDX-License-Identifier: Apache-2.0
#include "engine/file/printable.h"

#include <utf8proc.h>

namespace krait::engine {
namespace {

void AppendEscaped(char byte, std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  *out += "\\x";
  *out += kDigits[value >> 4U];
  *out += kDigits[value & 15U];
}

}  // namespace

std::string Printable(std::string_view text, size_t limit) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= limit) return out + "...";
    utf8proc_int32_t code = 0;
    // At most 4 bytes matter, so the length always fits.
    const std::string_view head = text.substr(0, 4);
    const utf8proc_ssize_t length =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(head.data()),
                         static_cast<utf8proc_ssize_t>(head.size()), &code);
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    if (length < 1 || control) {
      AppendEscaped(text.front(), &out);
      text.remove_prefix(1);
      continue;
    }
    out += text.substr(0, static_cast<size_t>(length));
    text.remove_prefix(static_cast<size_t>(length));
  }
  return out;
}

}  // namespace krait::engine
