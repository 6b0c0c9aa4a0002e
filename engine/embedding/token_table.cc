// SPDX-License-Identifier: Apache-2.0
#include "engine/embedding/token_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "simd/elementwise.h"

namespace krait::engine {
struct TokenTable::Buffers : TextEncoder::Scratch {
  std::vector<TokenId> ids;
  std::vector<float> row;  // [dimension]
};

TokenTable::TokenTable(TokenTableSpec spec) : spec_(std::move(spec)) {
  dimension_ = spec_.rows.cols;
  max_tokens_ = spec_.max_tokens;
  fingerprint_ = spec_.fingerprint;
}

std::unique_ptr<TextEncoder::Scratch> TokenTable::NewScratch() const {
  auto buffers = std::make_unique<Buffers>();
  buffers->row.resize(dimension_);
  return buffers;
}

size_t TokenTable::Encode(std::span<const std::string_view> texts,
                          Scratch& scratch, float* vectors) const {
  auto& buffers = static_cast<Buffers&>(scratch);
  size_t tokens = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    tokens += EncodeOne(texts[i], buffers, vectors + i * dimension_);
  }
  return tokens;
}

size_t TokenTable::EncodeOne(std::string_view text, Buffers& buffers,
                             float* vector) const {
  std::fill_n(vector, dimension_, 0.0F);
  buffers.ids.clear();
  spec_.tokenizer->Encode(text.substr(0, max_tokens_ * kTokenBytes),
                          DummyPrefix::kAsTrained, &buffers.ids);
  buffers.ids.resize(std::min(buffers.ids.size(), max_tokens_));
  const std::optional<TokenId> unknown = spec_.tokenizer->special().unknown;
  for (const TokenId id : buffers.ids) {
    if (id == unknown) continue;
    simd::ExpandRow(spec_.rows, id, buffers.row.data());
    if (!spec_.token_weights.empty()) {
      simd::Scale(spec_.token_weights[id], dimension_, buffers.row.data());
    }
    simd::Add(buffers.row.data(), dimension_, vector);
  }
  Normalise({vector, dimension_});
  return buffers.ids.size();
}

}  // namespace krait::engine
