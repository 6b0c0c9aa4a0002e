// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_UNICODE_H_
#define KRAIT_ENGINE_TOKENIZER_UNICODE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace krait::engine {

// One character of a text. A byte that is not part of valid UTF-8 counts as a
// character of one byte with `valid` false.
struct Utf8Char {
  char32_t code = 0;
  uint32_t size = 1;
  bool valid = true;
};

// Decodes the character at `pos` (< text.size()). Overlong forms, surrogates
// and codes above U+10FFFF are not valid.
Utf8Char DecodeUtf8(std::string_view text, size_t pos);

void AppendUtf8(char32_t code, std::string* out);

// Returns how many bytes at the end of `text` are the beginning of a valid
// character whose other bytes are missing: 0 to 3.
size_t IncompleteUtf8Tail(std::string_view text);

// Properties of a character that pre-tokenisation patterns ask for.
enum CharFlag : uint8_t {
  kLetterFlag = 1,        // \p{L}
  kNumberFlag = 2,        // \p{N}
  kSpaceFlag = 4,         // \s: White_Space
  kUpperFlag = 8,         // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
  kLowerFlag = 16,        // [\p{Ll}\p{Lm}\p{Lo}\p{M}]
  kPunctuationFlag = 32,  // \p{P}
  kNewlineFlag = 64,      // [\r\n]
};

// Returns the CharFlags of the code point. The first call tables the basic
// multilingual plane (64 KiB, about a millisecond).
uint8_t FlagsOf(char32_t code);

// The flags and size of the character at `pos`; an invalid byte has no flag.
struct FlaggedChar {
  uint8_t flags = 0;
  uint32_t size = 1;
};
FlaggedChar FlaggedCharAt(std::string_view text, size_t pos);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_UNICODE_H_
