// SPDX-License-Identifier: Apache-2.0
//
// An edit is found by comparing bytes from both ends: what differs is widened
// to whole lines, which are tokenised; the lines around them keep their tokens.
#include "engine/memory/text_tokens.h"

#include <algorithm>
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
    : text_(std::move(text)), line_bytes_{0}, line_tokens_{0} {
  size_t kept_bytes = 0;  // at the end, whole lines of `earlier`
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
      kept_bytes = old.size() - newline - 1;
    }
  }
  TokeniseLines(text_.size() - kept_bytes, forms);
  if (kept_bytes > 0) {
    TakeLines(*earlier, earlier->LineOf(earlier->text_.size() - kept_bytes),
              earlier->lines());
  } else if (text_.empty() || text_.back() == '\n') {
    line_bytes_.push_back(line_bytes_.back());  // the empty last line
    line_tokens_.push_back(line_tokens_.back());
  }
}

size_t TextTokens::LineOf(size_t byte_ofs) const {
  const auto after =
      std::upper_bound(line_bytes_.begin(), line_bytes_.end() - 1, byte_ofs);
  return static_cast<size_t>(after - line_bytes_.begin()) - 1;
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

void TextTokens::TokeniseLines(size_t end_ofs, const TokenForms& forms) {
  const std::string_view text = text_;
  std::vector<TokenId> of_line;
  for (size_t begin = line_bytes_.back(); begin < end_ofs;) {
    const size_t newline = text.find('\n', begin);
    const size_t end = newline == text.npos ? text.size() : newline + 1;
    if (end - begin <= kMaxLineBytes) {
      of_line.clear();
      forms.tokenizer().Encode(text.substr(begin, end - begin),
                               DummyPrefix::kNone, &of_line);
      for (const TokenId token : of_line) tokens_.Append(token, forms);
    }
    line_bytes_.push_back(static_cast<uint32_t>(end));
    line_tokens_.push_back(static_cast<uint32_t>(tokens_.size()));
    begin = end;
  }
}

}  // namespace krait::engine
