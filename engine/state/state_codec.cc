// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_codec.h"

#include <utility>

#include "engine/state/kv_cache.h"
#include "engine/state/layered_state.h"
#include "engine/state/recurrent_state.h"

namespace krait::engine {

void AppendRows(const BlockPieces& block, size_t rows,
                std::vector<float>* values) {
  if (block.log != nullptr) block.log->AppendRows(rows, values);
  if (block.kv != nullptr) block.kv->AppendRows(rows, values);
}

StateCodec::StateCodec(const Hyperparameters& hparams) : hparams_(hparams) {
  if (hparams.IsRecurrent()) {
    const RecurrentLayout layout = RecurrentLayoutOf(hparams);
    snapshot_floats_ = layout.snapshot_size();
    log_floats_ = layout.layers * layout.row_size;
  }
  if (hparams.Has(MixerKind::kAttention)) {
    kv_floats_ = hparams.CountLayers(MixerKind::kAttention) * 2 *
                 hparams.attention.kv_heads * hparams.attention.head_dim;
  }
}

std::shared_ptr<StateSnapshot> StateCodec::MakeSnapshot(
    std::span<float> values, std::shared_ptr<const void> keeper) const {
  if (snapshot_floats_ == 0 || values.size() != snapshot_floats_) {
    return nullptr;
  }
  return std::make_shared<RecurrentSnapshot>(values, std::move(keeper));
}

std::optional<BlockPieces> StateCodec::MakeBlock(std::span<const float> values,
                                                 size_t rows) const {
  if (rows > kBlockTokens || values.size() != rows * row_floats()) {
    return std::nullopt;
  }
  return BlockPieces{
      .log = MakeLogBlock(values.first(rows * log_floats_), rows),
      .kv = MakeKvBlock(values.subspan(rows * log_floats_), rows)};
}

std::shared_ptr<StateBlock> StateCodec::MakeLogBlock(
    std::span<const float> values, size_t rows) const {
  if (log_floats_ == 0) return nullptr;
  auto block = std::make_shared<ReplayBlock>(RecurrentLayoutOf(hparams_));
  block->SetRows(values, rows);
  return block;
}

std::shared_ptr<StateBlock> StateCodec::MakeKvBlock(
    std::span<const float> values, size_t rows) const {
  if (kv_floats_ == 0 || rows > kBlockTokens ||
      values.size() != rows * kv_floats_) {
    return nullptr;
  }
  auto block = std::make_shared<KvBlock>(
      hparams_.CountLayers(MixerKind::kAttention),
      hparams_.attention.kv_heads * hparams_.attention.head_dim);
  block->SetRows(values, rows);
  return block;
}

}  // namespace krait::engine
