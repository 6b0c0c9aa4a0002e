// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_EMBEDDING_TOKEN_TABLE_H_
#define KRAIT_ENGINE_EMBEDDING_TOKEN_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/embedding/text_encoder.h"
#include "engine/tokenizer/tokenizer.h"
#include "simd/weights.h"

namespace krait::engine {

// What a table of token embeddings is made of.
struct TokenTableSpec {
  std::string_view kind;
  std::unique_ptr<Tokenizer> tokenizer;
  simd::WeightView rows;                  // [vocab, dimension]
  std::shared_ptr<const void> owner;      // of what `rows` points to
  std::vector<float> token_weights = {};  // [vocab]; empty: each is 1
  size_t max_tokens = 0;
  uint64_t fingerprint = 0;
};

// A text's vector is the weighted sum of its tokens' rows: no product of
// matrices, so that it costs little more than to find the tokens. Source:
// Tulkens and van Dongen 2024, model2vec.
class TokenTable final : public TextEncoder {
 public:
  // The rows are as many as the tokenizer's tokens, or more.
  explicit TokenTable(TokenTableSpec spec);

  std::string_view kind() const override { return spec_.kind; }
  std::unique_ptr<Scratch> NewScratch() const override;
  size_t Encode(std::span<const std::string_view> texts, Scratch& scratch,
                float* vectors) const override;

 private:
  struct Buffers;
  size_t EncodeOne(std::string_view text, Buffers& buffers,
                   float* vector) const;

  const TokenTableSpec spec_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_EMBEDDING_TOKEN_TABLE_H_
