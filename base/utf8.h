// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_BASE_UTF8_H_
#define KRAIT_BASE_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace krait::base {

bool IsUtf8(std::string_view text);

// Whether `byte` continues a sequence (10xxxxxx) instead of starting one.
constexpr bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// Returns the length of the longest prefix of `text` that is valid UTF-8
// (whole sequences, no surrogates, no overlong forms).
size_t ValidUtf8Prefix(std::string_view text);

// Returns `text` with every byte that is not a part of valid UTF-8 replaced by
// U+FFFD.
std::string ToValidUtf8(std::string_view text);

// Returns whether `ofs` lies between two characters: not before a continuation
// byte. Ends of the text do.
bool IsCharBoundary(std::string_view text, size_t ofs);

}  // namespace krait::base

#endif  // KRAIT_BASE_UTF8_H_
