// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MEMORY_TOKEN_FORMS_H_
#define KRAIT_ENGINE_MEMORY_TOKEN_FORMS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/file/token.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// Takes a single space off a word.
std::string_view WithoutSpace(std::string_view text);

// Which tokens of a vocabulary say the same but for blanks: "(self" and
// " self" are different tokens, and so is each depth of indentation. A memory
// matches by what they say. Immutable and thread-safe.
class TokenForms {
 public:
  // `tokenizer` must outlive it.
  explicit TokenForms(const Tokenizer& tokenizer);

  const Tokenizer& tokenizer() const { return tokenizer_; }

  // As Tokenizer::TokenBytes.
  std::string_view Bytes(TokenId id) const { return bytes_[id]; }

  // Whether lines begin with the newline before them, not end with theirs:
  // where it is one token with the indentation behind it.
  bool newline_begins_line() const { return newline_begins_line_; }

  // Returns the token that stands for all that say the same as `id`: without a
  // space before it, one for all that are blanks, and the newline for one with
  // blanks behind it.
  TokenId Plain(TokenId id) const { return plain_[id]; }
  // Returns the token with one space before it; nothing if there is none.
  std::optional<TokenId> Spaced(TokenId plain) const;

  // By these bytes it is found quickly. All that have one plain form have one
  // mark; few others have the same.
  uint8_t Mark(TokenId id) const {
    return static_cast<uint8_t>((Plain(id) * 2654435761U) >> 24);
  }
  // The first byte of what it says, a single space before a word left out; 0 of
  // a control token.
  uint8_t Letter(TokenId id) const { return letters_[id]; }

  // Returns the tokens that begin with `first`, or with a space and `first`.
  std::span<const TokenId> BeginningWith(char first) const {
    return beginning_with_[static_cast<uint8_t>(first)];
  }

 private:
  static constexpr TokenId kNone = static_cast<TokenId>(-1);

  const Tokenizer& tokenizer_;
  const bool newline_begins_line_;
  std::vector<std::string_view> bytes_;                   // [vocab]
  std::vector<TokenId> plain_;                            // [vocab]
  std::vector<TokenId> spaced_;                           // [vocab]; kNone
  std::vector<uint8_t> letters_;                          // [vocab]
  std::array<std::vector<TokenId>, 256> beginning_with_;  // by byte
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MEMORY_TOKEN_FORMS_H_
