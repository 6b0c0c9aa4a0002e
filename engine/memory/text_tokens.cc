// SPDX-License-Identifier: Apache-2.0
//
// An edit is found by comparing bytes from both ends: what differs is widened
// to whole lines, which are tokenised; the lines around them keep their tokens.
#include "engine/memory/text_tokens.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace krait::engine {
namespace {

// As many bytes are compared at once.
constexpr size_t kBlock = 256;

size_t CommonPrefix(std::string_view a, std::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  size_t same = 0;
  while (size - same >= kBlock &&
         a.substr(same, kBlock) == b.substr(same, kBlock)) {
    same += kBlock;
  }
  while (same < size && a[same] == b[same]) ++same;
  return same;
}

size_t CommonSuffix(std::string_view a, std::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  size_t same = 0;
  while (size - same >= kBlock &&
         a.substr(a.size() - same - kBlock, kBlock) ==
             b.substr(b.size() - same - kBlock, kBlock)) {
    same += kBlock;
  }
  while (same < size && a[a.size() - 1 - same] == b[b.size() - 1 - same]) {
    ++same;
  }
  return same;
}

}  // namespace

TextTokens::TextTokens(std::string text, const TokenForms& forms,
                       const TextTokens* earlier)
    : text_(std::move(text)),
      newline_begins_line_(forms.newline_begins_line()),
      line_bytes_{0},
      line_tokens_{0} {
  std::optional<size_t> kept;  // the first of the lines that end both texts
  size_t kept_bytes = 0;
  if (earlier != nullptr) {
    const std::string_view old = earlier->text_;
    tokens_.reserve(earlier->tokens_.size() + 64);
    const size_t prefix = CommonPrefix(text_, old);
    TakeLines(*earlier, 0, earlier->LineOf(prefix));
    // Neither text may have a byte in both parts.
    const size_t begin = line_bytes_.back();
    const size_t suffix =
        CommonSuffix(std::string_view(text_).substr(begin), old.substr(begin));
    // The first whole line in it: behind a newline that is in it, too.
    const size_t newline = old.find('\n', old.size() - suffix);
    if (newline != std::string_view::npos) {
      kept = earlier->LineOf(newline + 1);
      kept_bytes = old.size() - earlier->LineBegin(*kept);
    }
  }
  TokeniseLines(text_.size() - kept_bytes, forms);
  if (kept) {
    TakeLines(*earlier, *kept, earlier->lines());
  } else if (!newline_begins_line_ && (text_.empty() || text_.back() == '\n')) {
    line_bytes_.push_back(line_bytes_.back());  // the empty last line
    line_tokens_.push_back(line_tokens_.back());
  }
}

// A line begins behind the newline before the place, or with it.
size_t TextTokens::LineOf(size_t byte_ofs) const {
  const auto second = line_bytes_.begin() + 1;
  const auto end = line_bytes_.end() - 1;
  const auto after = newline_begins_line_
                         ? std::lower_bound(second, end, byte_ofs)
                         : std::upper_bound(second, end, byte_ofs);
  return static_cast<size_t>(after - second);
}

size_t TextTokens::bytes() const {
  return text_.capacity() + tokens_.bytes() +
         (line_bytes_.capacity() + line_tokens_.capacity()) * sizeof(uint32_t);
}

void TextTokens::TakeLines(const TextTokens& from, size_t first, size_t last) {
  const uint32_t byte_shift = line_bytes_.back() - from.line_bytes_[first];
  const uint32_t token_shift = line_tokens_.back() - from.line_tokens_[first];
  for (size_t line = first + 1; line <= last; ++line) {
    line_bytes_.push_back(from.line_bytes_[line] + byte_shift);
    line_tokens_.push_back(from.line_tokens_[line] + token_shift);
  }
  const size_t begin = from.line_tokens_[first];
  tokens_.Append(from.tokens().Part(begin, from.line_tokens_[last] - begin));
}

size_t TextTokens::EndOfLine(size_t begin) const {
  const bool newline_is_before = newline_begins_line_ && lines() > 0;
  const size_t newline = text_.find('\n', begin + (newline_is_before ? 1 : 0));
  if (newline == text_.npos) return text_.size();
  return newline_begins_line_ ? newline : newline + 1;
}

void TextTokens::TokeniseLines(size_t end_ofs, const TokenForms& forms) {
  const std::string_view text = text_;
  std::vector<TokenId> of_line;
  // Where a newline begins a line, the first one can be empty.
  bool is_first = newline_begins_line_ && lines() == 0;
  while (is_first || line_bytes_.back() < end_ofs) {
    const size_t begin = line_bytes_.back();
    const size_t end = EndOfLine(begin);
    if (end - begin <= kMaxLineBytes) {
      of_line.clear();
      forms.tokenizer().Encode(text.substr(begin, end - begin),
                               DummyPrefix::kNone, &of_line);
      for (const TokenId token : of_line) tokens_.Append(token, forms);
    }
    line_bytes_.push_back(static_cast<uint32_t>(end));
    line_tokens_.push_back(static_cast<uint32_t>(tokens_.size()));
    is_first = false;
  }
}

}  // namespace krait::engine
