// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_KV_CACHE_H_
#define KRAIT_ENGINE_STATE_KV_CACHE_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/model/hyperparameters.h"
#include "engine/state/kv_pages.h"

namespace krait::engine {

// A page in the processor's memory, in float32.
class KvBlock final : public KvPage {
 public:
  // `row_size` is kv_heads * head_dim.
  KvBlock(size_t layers, size_t row_size)
      : layers_(layers),
        row_size_(row_size),
        rows_(layers * 2 * kBlockTokens * row_size, Uninitialised{}) {}

  // Rows that were not written have no memory yet.
  size_t bytes() const override {
    return rows_.bytes() / kBlockTokens * filled;
  }
  void AppendRows(size_t rows, std::vector<float>* values) const override;
  std::shared_ptr<KvPage> CopyRows(size_t rows) const override;
  // Takes rows as AppendRows gave them.
  void SetRows(std::span<const float> values, size_t rows);

  // [kBlockTokens, row_size]
  float* keys(size_t layer) {
    return rows_.data() + layer * 2 * kBlockTokens * row_size_;
  }
  float* values(size_t layer) { return keys(layer) + kBlockTokens * row_size_; }

 private:
  size_t layers_;
  size_t row_size_;
  // [layers, 2 (keys, values), kBlockTokens, row_size]
  AlignedArray<float> rows_;
};

// The state of a model's attention layers that the processor runs.
class KvCache final : public KvPages {
 public:
  KvCache(const AttentionShape& shape, size_t layers);

  // For the forward pass ------------------------------------------------------

  // Of a position that has a block, [kv_heads * head_dim].
  float* key(size_t layer, size_t position) {
    return block(position)->keys(layer) + position % kBlockTokens * row_size_;
  }
  float* value(size_t layer, size_t position) {
    return block(position)->values(layer) + position % kBlockTokens * row_size_;
  }

  // [kBlockTokens, kv_heads * head_dim] of the block of a position; null where
  // the sliding window has passed.
  const float* keys(size_t layer, size_t position) {
    KvBlock* its = block(position);
    return its == nullptr ? nullptr : its->keys(layer);
  }
  const float* values(size_t layer, size_t position) {
    KvBlock* its = block(position);
    return its == nullptr ? nullptr : its->values(layer);
  }

 private:
  KvBlock* block(size_t position) const {
    return static_cast<KvBlock*>(pages()[position / kBlockTokens].get());
  }

  size_t row_size_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_KV_CACHE_H_
