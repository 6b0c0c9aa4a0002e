// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/token_columns.h"

namespace krait::engine {
namespace {

template <class T>
void AppendAll(std::span<const T> from, std::vector<T>* to) {
  to->insert(to->end(), from.begin(), from.end());
}

}  // namespace

TokenView TokenView::Part(size_t begin, size_t count) const {
  return {.tokens = tokens.subspan(begin, count),
          .plain = plain.subspan(begin, count),
          .marks = marks.subspan(begin, count),
          .letters = letters.subspan(begin, count)};
}

void TokenColumns::reserve(size_t count) {
  tokens_.reserve(count);
  plain_.reserve(count);
  marks_.reserve(count);
  letters_.reserve(count);
}

void TokenColumns::Append(TokenId token, const TokenForms& forms) {
  tokens_.push_back(token);
  plain_.push_back(forms.Plain(token));
  marks_.push_back(forms.Mark(token));
  letters_.push_back(forms.Letter(token));
}

void TokenColumns::Append(const TokenView& tokens) {
  AppendAll(tokens.tokens, &tokens_);
  AppendAll(tokens.plain, &plain_);
  AppendAll(tokens.marks, &marks_);
  AppendAll(tokens.letters, &letters_);
}

size_t TokenColumns::bytes() const {
  return (tokens_.capacity() + plain_.capacity()) * sizeof(TokenId) +
         marks_.capacity() + letters_.capacity();
}

}  // namespace krait::engine
