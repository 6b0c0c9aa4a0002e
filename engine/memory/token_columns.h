// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MEMORY_TOKEN_COLUMNS_H_
#define KRAIT_ENGINE_MEMORY_TOKEN_COLUMNS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/file/token.h"
#include "engine/memory/token_forms.h"

namespace krait::engine {

// Some tokens of a text, and of each what it is found by. All are equally long.
struct TokenView {
  std::span<const TokenId> tokens;
  std::span<const TokenId> plain;    // TokenForms::Plain
  std::span<const uint8_t> marks;    // TokenForms::Mark
  std::span<const uint8_t> letters;  // TokenForms::Letter

  size_t size() const { return tokens.size(); }
  TokenView First(size_t count) const { return Part(0, count); }
  TokenView From(size_t begin) const { return Part(begin, size() - begin); }
  TokenView Part(size_t begin, size_t count) const;
};

// Tokens in columns: a search for one of them reads a byte of each.
class TokenColumns {
 public:
  void reserve(size_t count);
  void Append(TokenId token, const TokenForms& forms);
  // Not a part of itself.
  void Append(const TokenView& tokens);

  size_t size() const { return tokens_.size(); }
  // Valid until the next change.
  TokenView view() const { return {tokens_, plain_, marks_, letters_}; }
  // What it takes in memory.
  size_t bytes() const;

 private:
  std::vector<TokenId> tokens_;
  std::vector<TokenId> plain_;
  std::vector<uint8_t> marks_;
  std::vector<uint8_t> letters_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MEMORY_TOKEN_COLUMNS_H_
