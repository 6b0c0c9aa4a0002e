// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/bpe_tokenizer.h"

namespace krait::engine {

std::vector<TokenId> Tokenizer::Encode(std::string_view text,
                                       DummyPrefix dummy) const {
  std::vector<TokenId> ids;
  Encode(text, dummy, &ids);
  return ids;
}

BpeTokenizer::BpeTokenizer(Vocabulary vocabulary, const SpecialTokens& special)
    : vocabulary_(std::move(vocabulary)), cache_owner_(ChunkCache::NewOwner()) {
  vocab_size_ = vocabulary_.size();
  special_ = special;
}

std::string_view BpeTokenizer::TokenBytes(TokenId id) const {
  return id < vocab_size_ ? bytes_[id] : std::string_view();
}

bool BpeTokenizer::IsControl(TokenId id) const {
  if (id >= vocab_size_) return false;
  const TokenType type = vocabulary_.Type(id);
  return type == TokenType::kControl || type == TokenType::kUnknown;
}

std::optional<TokenId> BpeTokenizer::FindToken(std::string_view written) const {
  return vocabulary_.Find(written);
}

std::string_view BpeTokenizer::TokenName(TokenId id) const {
  return id < vocab_size_ ? vocabulary_.Name(id) : std::string_view();
}

}  // namespace krait::engine
