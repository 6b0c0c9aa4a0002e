// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <simdjson.h>

#include <cstdint>

namespace krait::base {
namespace {

// Returns the length of the valid sequence that `text` begins with, or 0.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto continues = [&](size_t i) {
    return i < text.size() && (byte(i) & 0xC0U) == 0x80U;
  };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;  // a continuation, or an overlong form
  if (first < 0xE0) return continues(1) ? 2 : 0;
  if (first < 0xF0) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
    if (first == 0xED && byte(1) >= 0xA0) return 0;  // surrogate
    return 3;
  }
  if (first > 0xF4 || !continues(1) || !continues(2) || !continues(3)) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;   // overlong
  if (first == 0xF4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
  return 4;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

size_t ValidUtf8Prefix(std::string_view text) {
  size_t ofs = 0;
  while (ofs < text.size()) {
    const size_t length = SequenceLength(text.substr(ofs));
    if (length == 0) break;
    ofs += length;
  }
  return ofs;
}

std::string ToValidUtf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const size_t valid = ValidUtf8Prefix(text);
    result += text.substr(0, valid);
    text.remove_prefix(valid);
    if (text.empty()) break;
    result += "\xEF\xBF\xBD";
    text.remove_prefix(1);
  }
  return result;
}

bool IsCharBoundary(std::string_view text, size_t ofs) {
  return ofs >= text.size() || !IsContinuation(text[ofs]);
}

}  // namespace krait::base
