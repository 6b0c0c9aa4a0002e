// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_UTF8_H_
#define KRAIT_LSP_UTF8_H_

#include <string>
#include <string_view>

namespace krait::lsp {

bool IsUtf8(std::string_view text);

// Returns `text` with U+FFFD in place of each byte that is not part of a
// well-formed UTF-8 sequence.
std::string ToUtf8(std::string_view text);

// Whether `byte` continues a sequence (10xxxxxx) instead of starting one.
constexpr bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace krait::lsp

#endif  // KRAIT_LSP_UTF8_H_
