// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MEMORY_TEXT_TOKENS_H_
#define KRAIT_ENGINE_MEMORY_TEXT_TOKENS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/file/token.h"
#include "engine/memory/token_columns.h"
#include "engine/memory/token_forms.h"

namespace krait::engine {

// A text as tokens, each line on its own, so that an edit changes those of its
// lines only: with the newline that ends it or, where that is one token with
// the indentation behind it (TokenForms::newline_begins_line), with the one
// before it. Lines of more than kMaxLineBytes have none: nobody wrote them.
// Immutable and thread-safe.
class TextTokens {
 public:
  static constexpr size_t kMaxLineBytes = 4096;

  // Tokenises `text`, at most 4 GiB; what it has in common with `earlier` (may
  // be null), a text of the same vocabulary, is taken from there. What comes
  // out does not depend on it.
  TextTokens(std::string text, const TokenForms& forms,
             const TextTokens* earlier);

  const std::string& text() const { return text_; }
  TokenView tokens() const { return tokens_.view(); }

  // At least 1: what follows the last newline is a line, too.
  size_t lines() const { return line_bytes_.size() - 1; }
  // Returns the line of a place between two bytes: so many newlines are before.
  size_t LineOf(size_t byte_ofs) const;
  // Returns the byte at which what is tokenised as this line begins.
  size_t LineBegin(size_t line) const { return line_bytes_[line]; }
  // Returns the index of the line's first token.
  size_t FirstToken(size_t line) const { return line_tokens_[line]; }

  // What it takes in memory.
  size_t bytes() const;

 private:
  // Appends the lines [first, last) of a text whose `shift` bytes are before
  // that of this one (modulo 2^32).
  void TakeLines(const TextTokens& from, size_t first, size_t last);
  void TokeniseLines(size_t end_ofs, const TokenForms& forms);

  // Returns where the next line to be tokenised ends, which begins at `begin`.
  size_t EndOfLine(size_t begin) const;

  std::string text_;
  const bool newline_begins_line_;
  TokenColumns tokens_;
  // Of each line, and one more for the end.
  std::vector<uint32_t> line_bytes_;
  std::vector<uint32_t> line_tokens_;
};

using TextTokensPtr = std::shared_ptr<const TextTokens>;

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MEMORY_TEXT_TOKENS_H_
