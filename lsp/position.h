// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_POSITION_H_
#define KRAIT_LSP_POSITION_H_

// The only place where the client's positions and byte offsets meet.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lsp/basic_types.h"

namespace krait::lsp {

class Text;

// The unit of Position::character.
enum class PositionEncoding : uint8_t { kUtf8, kUtf16, kUtf32 };

// Returns the protocol's name, such as "utf-16".
std::string_view ToText(PositionEncoding encoding);

// Chooses among what the client offers: utf-8 if it can (no conversion at
// all), else utf-16, which every client must speak, unless it offers only
// utf-32.
PositionEncoding NegotiateEncoding(std::span<const std::string> offered);

// Returns the byte offset of a position. A line beyond the last means the end
// of the text and a character beyond the end of its line the end of that line,
// before its line break. One inside a code point (half of a surrogate pair,
// the middle of a UTF-8 sequence) means the start of the code point.
// Costs O(log lines) and one fast pass over the line up to the position.
size_t ToByteOffset(const Text& text, Position position,
                    PositionEncoding encoding);

// Returns the position of a byte offset, which is at most text.size(). One
// inside a code point means its start, one inside "\r\n" the end of the line.
Position ToPosition(const Text& text, size_t byte_ofs,
                    PositionEncoding encoding);

// Returns how many bytes of `text` are its first `length` UTF-16 units.
size_t BytesOfUtf16(std::string_view text, size_t length);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_POSITION_H_
