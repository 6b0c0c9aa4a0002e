// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_KV_CACHE_H_
#define KRAIT_ENGINE_STATE_KV_CACHE_H_

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/model/hyperparameters.h"
#include "engine/state/state.h"

namespace krait::engine {

// Keys (after RoPE) and values of kBlockTokens positions, in float32.
class KvBlock final : public StateBlock {
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
  // Takes rows as AppendRows gave them.
  void SetRows(std::span<const float> values, size_t rows);

  // [kBlockTokens, row_size]
  float* keys(size_t layer) {
    return rows_.data() + layer * 2 * kBlockTokens * row_size_;
  }
  float* values(size_t layer) { return keys(layer) + kBlockTokens * row_size_; }

  // Positions that some cache has written or is about to. A cache that ends
  // here may write on.
  size_t filled = 0;

 private:
  size_t layers_;
  size_t row_size_;
  // [layers, 2 (keys, values), kBlockTokens, row_size]
  AlignedArray<float> rows_;
};

// The state of a model's attention layers: the blocks of all positions, or with
// a sliding window of those that can still be seen. Copies share blocks until
// either changes them; going back is dropping blocks.
class KvCache {
 public:
  KvCache(const AttentionShape& shape, size_t layers);

  // Its part of what State says of the functions by these names.
  void CopyFrom(const KvCache& other);
  void Restore(size_t position,
               std::span<const std::shared_ptr<StateBlock>> blocks);
  // Whether Rewind can go there.
  bool CanRewind(size_t position) const;
  void Rewind(size_t position);
  std::shared_ptr<StateBlock> last_block() const;
  size_t bytes() const;
  // Of the layer in place `layer`, the model's `number`th.
  void Export(size_t layer, size_t number,
              std::vector<StateTensor>* tensors) const;
  std::vector<std::shared_ptr<StateBlock>> TakeWholeBlocks() {
    return std::exchange(whole_blocks_, {});
  }

  // For the forward pass ------------------------------------------------------

  size_t position() const { return position_; }

  // Makes room for `tokens` more positions, which this cache alone may write;
  // Advance has to follow.
  void Extend(size_t tokens);

  // Of a position that has a block, [kv_heads * head_dim].
  float* key(size_t layer, size_t position) {
    return blocks_[position / kBlockTokens]->keys(layer) +
           position % kBlockTokens * row_size_;
  }
  float* value(size_t layer, size_t position) {
    return blocks_[position / kBlockTokens]->values(layer) +
           position % kBlockTokens * row_size_;
  }

  // [kBlockTokens, kv_heads * head_dim] of the block of a position; null where
  // the sliding window has passed.
  const float* keys(size_t layer, size_t position) {
    KvBlock* block = blocks_[position / kBlockTokens].get();
    return block == nullptr ? nullptr : block->keys(layer);
  }
  const float* values(size_t layer, size_t position) {
    KvBlock* block = blocks_[position / kBlockTokens].get();
    return block == nullptr ? nullptr : block->values(layer);
  }

  // `tokens` more were fed.
  void Advance(size_t tokens);

  // Appends the first `rows` positions of a block that begins at position(),
  // on the grid. Null: positions that the sliding window has passed.
  void Append(std::shared_ptr<StateBlock> block, size_t rows);

 private:
  // Puts a copy in the place of the last block, which is not whole.
  void OwnLastBlock();
  // Drops what the sliding window has passed.
  void Slide();

  size_t kv_heads_;
  size_t head_dim_;
  size_t row_size_;
  size_t layers_;
  size_t window_;  // 0: none
  size_t position_ = 0;
  // By position / kBlockTokens; null where the window has passed.
  std::vector<std::shared_ptr<KvBlock>> blocks_;
  std::vector<std::shared_ptr<StateBlock>> whole_blocks_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_KV_CACHE_H_
