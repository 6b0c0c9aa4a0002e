// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_LSP_PLAIN_TEXT_H_
#define KRAIT_TESTS_LSP_PLAIN_TEXT_H_

// The slow and obvious counterpart of lsp/text.h and lsp/position.h, to test
// them against: a string, read from its start for every question.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lsp/position.h"

namespace krait::lsp {

struct PlainLine {
  size_t start = 0;
  size_t end = 0;  // before the line break
};

inline std::vector<PlainLine> PlainLines(std::string_view text) {
  std::vector<PlainLine> lines(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n' && text[i] != '\r') continue;
    lines.back().end = i;
    if (text.substr(i, 2) == "\r\n") ++i;
    lines.push_back({.start = i + 1, .end = 0});
  }
  lines.back().end = text.size();
  return lines;
}

// Returns the bytes of the code point that starts with `lead`, and its width.
inline std::pair<size_t, size_t> PlainCodePoint(char lead,
                                                PositionEncoding encoding) {
  const auto byte = static_cast<unsigned char>(lead);
  const size_t bytes = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
  switch (encoding) {
    case PositionEncoding::kUtf8:
      return {bytes, bytes};
    case PositionEncoding::kUtf16:
      return {bytes, bytes == 4 ? 2 : 1};
    case PositionEncoding::kUtf32:
      break;
  }
  return {bytes, 1};
}

// For valid UTF-8.
inline size_t PlainByteOffset(std::string_view text, Position position,
                              PositionEncoding encoding) {
  const std::vector<PlainLine> lines = PlainLines(text);
  if (position.line >= lines.size()) return text.size();
  size_t byte_ofs = lines[position.line].start;
  size_t character = 0;
  while (byte_ofs < lines[position.line].end) {
    const auto [bytes, width] = PlainCodePoint(text[byte_ofs], encoding);
    if (character + width > position.character) break;
    character += width;
    byte_ofs += bytes;
  }
  return byte_ofs;
}

inline Position PlainPosition(std::string_view text, size_t byte_ofs,
                              PositionEncoding encoding) {
  const std::vector<PlainLine> lines = PlainLines(text);
  size_t line = 0;
  while (line + 1 < lines.size() && lines[line + 1].start <= byte_ofs) ++line;
  size_t at = lines[line].start;
  size_t character = 0;
  while (at < lines[line].end) {
    const auto [bytes, width] = PlainCodePoint(text[at], encoding);
    if (at + bytes > byte_ofs) break;
    at += bytes;
    character += width;
  }
  return {.line = static_cast<uint32_t>(line),
          .character = static_cast<uint32_t>(character)};
}

}  // namespace krait::lsp

#endif  // KRAIT_TESTS_LSP_PLAIN_TEXT_H_
