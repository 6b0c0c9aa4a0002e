// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/unicode.h"

#include <utf8proc.h>

#include <array>
#include <memory>

namespace krait::engine {
namespace {

constexpr size_t kPlaneSize = 0x10000;

bool IsWhiteSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

uint8_t CategoryFlags(utf8proc_category_t category) {
  switch (category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
      return kLetterFlag | kUpperFlag;
    case UTF8PROC_CATEGORY_LL:
      return kLetterFlag | kLowerFlag;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return kLetterFlag | kUpperFlag | kLowerFlag;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return kUpperFlag | kLowerFlag;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return kNumberFlag;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return kPunctuationFlag;
    default:
      return 0;
  }
}

uint8_t ComputeFlags(char32_t code) {
  uint8_t flags =
      CategoryFlags(utf8proc_category(static_cast<utf8proc_int32_t>(code)));
  if (IsWhiteSpace(code)) flags |= kSpaceFlag;
  if (code == '\r' || code == '\n') flags |= kNewlineFlag;
  return flags;
}

const uint8_t* PlaneTable() {
  static const auto table = [] {
    auto flags = std::make_unique<std::array<uint8_t, kPlaneSize>>();
    for (size_t c = 0; c < kPlaneSize; ++c) {
      (*flags)[c] = ComputeFlags(static_cast<char32_t>(c));
    }
    return flags;
  }();
  return table->data();
}

bool IsContinuation(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

// What the first byte of a character promises: the size, and the range that
// the second byte must lie in (which excludes overlong forms, surrogates and
// too large codes). Size 0: no character begins like this.
struct LeadByte {
  uint32_t size = 0;
  unsigned char second_min = 0x80;
  unsigned char second_max = 0xBF;
};

LeadByte ReadLeadByte(unsigned char byte) {
  if (byte < 0x80) return {.size = 1};
  if (byte >= 0xC2 && byte <= 0xDF) return {.size = 2};
  if (byte == 0xE0) return {.size = 3, .second_min = 0xA0};
  if (byte == 0xED) return {.size = 3, .second_max = 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {.size = 3};
  if (byte == 0xF0) return {.size = 4, .second_min = 0x90};
  if (byte >= 0xF1 && byte <= 0xF3) return {.size = 4};
  if (byte == 0xF4) return {.size = 4, .second_max = 0x8F};
  return {};
}

// Returns how many of the `lead.size` bytes at `pos` are there and right.
uint32_t CountRightBytes(std::string_view text, size_t pos, LeadByte lead) {
  uint32_t right = 1;
  while (right < lead.size && pos + right < text.size()) {
    const auto byte = static_cast<unsigned char>(text[pos + right]);
    const bool fits = right == 1
                          ? byte >= lead.second_min && byte <= lead.second_max
                          : IsContinuation(byte);
    if (!fits) break;
    ++right;
  }
  return right;
}

}  // namespace

Utf8Char DecodeUtf8(std::string_view text, size_t pos) {
  const auto first = static_cast<unsigned char>(text[pos]);
  if (first < 0x80) return {first, 1, true};
  const LeadByte lead = ReadLeadByte(first);
  if (lead.size == 0 || CountRightBytes(text, pos, lead) < lead.size) {
    return {first, 1, false};
  }
  char32_t code = first & (0xFFU >> (lead.size + 1));
  for (uint32_t i = 1; i < lead.size; ++i) {
    code = (code << 6) | (static_cast<unsigned char>(text[pos + i]) & 0x3F);
  }
  return {code, lead.size, true};
}

void AppendUtf8(char32_t code, std::string* out) {
  const auto put = [out](uint32_t byte) {
    out->push_back(static_cast<char>(byte));
  };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

size_t IncompleteUtf8Tail(std::string_view text) {
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const size_t pos = text.size() - back;
    const auto byte = static_cast<unsigned char>(text[pos]);
    if (IsContinuation(byte)) continue;
    const LeadByte lead = ReadLeadByte(byte);
    const bool unfinished =
        lead.size > back && CountRightBytes(text, pos, lead) == back;
    return unfinished ? back : 0;
  }
  return 0;
}

uint8_t FlagsOf(char32_t code) {
  static const uint8_t* const kTable = PlaneTable();
  return code < kPlaneSize ? kTable[code] : ComputeFlags(code);
}

FlaggedChar FlaggedCharAt(std::string_view text, size_t pos) {
  const Utf8Char c = DecodeUtf8(text, pos);
  return {c.valid ? FlagsOf(c.code) : uint8_t{0}, c.size};
}

}  // namespace krait::engine
