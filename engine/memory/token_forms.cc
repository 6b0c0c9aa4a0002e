// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/token_forms.h"

#include <string_view>
#include <unordered_map>

#include "engine/tokenizer/line_ends.h"

namespace krait::engine {
namespace {

bool IsBlank(std::string_view bytes) {
  return !bytes.empty() && bytes.find_first_not_of(" \t") == bytes.npos;
}

bool IsIndentedNewline(std::string_view bytes) {
  return bytes.starts_with('\n') && IsBlank(bytes.substr(1));
}

}  // namespace

std::string_view WithoutSpace(std::string_view text) {
  if (text.size() > 1 && text[0] == ' ' && !IsBlank(text.substr(1, 1))) {
    text.remove_prefix(1);
  }
  return text;
}

TokenForms::TokenForms(const Tokenizer& tokenizer)
    : tokenizer_(tokenizer),
      newline_begins_line_(IndentationJoinsNewline(tokenizer)),
      bytes_(tokenizer.vocab_size()),
      plain_(tokenizer.vocab_size()),
      spaced_(tokenizer.vocab_size(), kNone),
      letters_(tokenizer.vocab_size()) {
  std::unordered_map<std::string_view, TokenId> of_bytes;
  const auto vocab = static_cast<TokenId>(plain_.size());
  for (TokenId id = 0; id < vocab; ++id) {
    plain_[id] = id;
    const std::string_view bytes = tokenizer.TokenBytes(id);
    bytes_[id] = bytes;
    // Of several ids for the same bytes the last is the ordinary one: the
    // pieces of single bytes come first.
    if (!bytes.empty()) of_bytes.insert_or_assign(bytes, id);
  }
  for (TokenId id = 0; id < vocab; ++id) {
    const std::string_view bytes = bytes_[id];
    if (bytes.empty()) continue;
    const auto begin = [&](char first) {
      beginning_with_[static_cast<uint8_t>(first)].push_back(id);
    };
    begin(bytes.front());
    const std::string_view word = WithoutSpace(bytes);
    letters_[id] = static_cast<uint8_t>(word.front());
    if (word.size() < bytes.size()) begin(word.front());
  }
  std::optional<TokenId> blank;
  for (TokenId id = 0; id < vocab; ++id) {
    const std::string_view bytes = bytes_[id];
    if (IsBlank(bytes)) {
      if (!blank) blank = id;
      plain_[id] = *blank;
    } else if (IsIndentedNewline(bytes)) {
      const auto newline = of_bytes.find("\n");
      if (newline != of_bytes.end()) plain_[id] = newline->second;
    } else if (bytes.size() > 1 && bytes.front() == ' ') {
      const auto plain = of_bytes.find(bytes.substr(1));
      if (plain == of_bytes.end()) continue;
      plain_[id] = plain->second;
      spaced_[plain->second] = id;
    }
  }
}

std::optional<TokenId> TokenForms::Spaced(TokenId plain) const {
  if (spaced_[plain] == kNone) return std::nullopt;
  return spaced_[plain];
}

}  // namespace krait::engine
