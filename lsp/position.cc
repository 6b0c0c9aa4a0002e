// SPDX-License-Identifier: Apache-2.0
//
// Each byte has a width in the client's units: in UTF-16, the first byte of a
// four-byte sequence is worth two, any other first byte one, a continuation
// nothing. So columns are sums over bytes, which need no decoding, do not care
// where chunks end, and are defined for text that is not UTF-8 as well.

#include "lsp/position.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "base/utf8.h"
#include "lsp/text.h"

namespace krait::lsp {
namespace {

constexpr uint64_t kEach = 0x0101010101010101U;

// Returns the sum of the widths of eight bytes at once: in the lowest bit of
// each byte of these masks is whether that byte
//  - is a continuation, 10xxxxxx, which takes away from its width of one,
//  - begins a four-byte sequence, 1111xxxx, which adds a second surrogate.
// The product adds up the bytes of a mask in its highest byte.
size_t WidthOfEight(const char* bytes, bool surrogates) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  const uint64_t high = word >> 7U;
  const uint64_t continues = high & ~(word >> 6U) & kEach;
  size_t width = 8 - ((continues * kEach) >> 56U);
  if (surrogates) {
    const uint64_t four = high & (word >> 6U) & (word >> 5U) & (word >> 4U);
    width += ((four & kEach) * kEach) >> 56U;
  }
  return width;
}

size_t WidthOfOne(char byte, bool surrogates) {
  if (base::IsContinuation(byte)) return 0;
  return surrogates && static_cast<unsigned char>(byte) >= 0xF0U ? 2 : 1;
}

size_t Width(std::string_view bytes, PositionEncoding encoding) {
  if (encoding == PositionEncoding::kUtf8) return bytes.size();
  const bool surrogates = encoding == PositionEncoding::kUtf16;
  size_t width = 0;
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    width += WidthOfEight(bytes.data() + i, surrogates);
  }
  for (; i < bytes.size(); ++i) width += WidthOfOne(bytes[i], surrogates);
  return width;
}

// Calls `visit` for the bytes of [begin_ofs, end_ofs) in blocks, until it
// returns false.
template <class Visit>
void VisitBlocks(const Text& text, size_t begin_ofs, size_t end_ofs,
                 Visit visit) {
  constexpr size_t kBlock = 512;
  while (begin_ofs < end_ofs) {
    const std::string_view block = text.ContiguousFrom(begin_ofs)
                                       .substr(0, end_ofs - begin_ofs)
                                       .substr(0, kBlock);
    if (!visit(block)) return;
    begin_ofs += block.size();
  }
}

// Returns how many bytes of `block` fit into `room`, up to the start of the
// code point that does not.
size_t BytesThatFit(std::string_view block, size_t room,
                    PositionEncoding encoding) {
  size_t used = 0;
  for (size_t i = 0; i < block.size(); ++i) {
    used += Width(block.substr(i, 1), encoding);
    if (used > room) return i;
  }
  return block.size();
}

}  // namespace

std::string_view ToText(PositionEncoding encoding) {
  switch (encoding) {
    case PositionEncoding::kUtf8:
      return "utf-8";
    case PositionEncoding::kUtf16:
      return "utf-16";
    case PositionEncoding::kUtf32:
      return "utf-32";
  }
  return "utf-16";
}

PositionEncoding NegotiateEncoding(std::span<const std::string> offered) {
  const auto has = [offered](PositionEncoding encoding) {
    return std::find(offered.begin(), offered.end(), ToText(encoding)) !=
           offered.end();
  };
  if (has(PositionEncoding::kUtf8)) return PositionEncoding::kUtf8;
  if (has(PositionEncoding::kUtf16) || !has(PositionEncoding::kUtf32)) {
    return PositionEncoding::kUtf16;
  }
  return PositionEncoding::kUtf32;
}

size_t ToByteOffset(const Text& text, Position position,
                    PositionEncoding encoding) {
  if (position.line >= text.num_lines()) return text.size();
  const size_t start = text.LineStart(position.line);
  const size_t end = text.LineEnd(position.line);
  if (encoding == PositionEncoding::kUtf8) {
    const size_t byte_ofs = std::min(start + position.character, end);
    return std::max(start, text.CodePointStart(byte_ofs));
  }
  size_t byte_ofs = start;
  size_t room = position.character;
  VisitBlocks(text, start, end, [&](std::string_view block) {
    const size_t width = Width(block, encoding);
    if (width > room) {
      byte_ofs += BytesThatFit(block, room, encoding);
      return false;
    }
    room -= width;
    byte_ofs += block.size();
    return true;
  });
  return byte_ofs;
}

Position ToPosition(const Text& text, size_t byte_ofs,
                    PositionEncoding encoding) {
  assert(byte_ofs <= text.size());
  const size_t line = text.LineOf(byte_ofs);
  const size_t start = text.LineStart(line);
  const size_t end =
      std::clamp(text.CodePointStart(byte_ofs), start, text.LineEnd(line));
  size_t width = 0;
  VisitBlocks(text, start, end, [&](std::string_view block) {
    width += Width(block, encoding);
    return true;
  });
  return {.line = static_cast<uint32_t>(line),
          .character = static_cast<uint32_t>(width)};
}

size_t BytesOfUtf16(std::string_view text, size_t length) {
  size_t ofs = 0;
  while (ofs < text.size() && length > 0) {
    size_t next = ofs + 1;
    while (next < text.size() && base::IsContinuation(text[next])) ++next;
    length -= std::min<size_t>(length, next - ofs == 4 ? 2 : 1);
    ofs = next;
  }
  return ofs;
}

}  // namespace krait::lsp
