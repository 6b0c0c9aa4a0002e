// SPDX-License-Identifier: Apache-2.0
//
// Each byte has a width in the client's units: in UTF-16, the first byte of a
// four-byte sequence is worth two, any other first byte one, a continuation
// nothing. So columns are sums over bytes, which need no decoding, do not care
// where chunks end, and are defined for text that is not UTF-8 as well.

#include "lsp/position.h"

#include <algorithm>
#include <cassert>

#include "lsp/text.h"
#include "lsp/utf8.h"

namespace krait::lsp {
namespace {

constexpr size_t WidthUtf16(char byte) {
  const bool pair = static_cast<unsigned char>(byte) >= 0xF0U;
  return IsContinuation(byte) ? 0U : 1U + size_t{pair};
}

constexpr size_t WidthUtf32(char byte) {
  return IsContinuation(byte) ? 0 : 1;
}

// Simple loops that compilers vectorise.
size_t Width(std::string_view bytes, PositionEncoding encoding) {
  size_t width = 0;
  switch (encoding) {
    case PositionEncoding::kUtf8:
      return bytes.size();
    case PositionEncoding::kUtf16:
      for (const char byte : bytes) width += WidthUtf16(byte);
      return width;
    case PositionEncoding::kUtf32:
      for (const char byte : bytes) width += WidthUtf32(byte);
      return width;
  }
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

}  // namespace krait::lsp
