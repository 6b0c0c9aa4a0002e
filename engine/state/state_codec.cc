// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_codec.h"

#include <utility>

#include "engine/state/kv_cache.h"
#include "engine/state/recurrent_state.h"

namespace krait::engine {
namespace {

std::shared_ptr<const StateBlock> MakeReplayBlock(const RecurrentLayout& layout,
                                                  std::span<const float> values,
                                                  size_t rows) {
  if (values.size() != layout.layers * rows * layout.row_size) return nullptr;
  auto block = std::make_shared<ReplayBlock>(layout);
  block->SetRows(values, rows);
  return block;
}

std::shared_ptr<const StateBlock> MakeKvBlock(const LlamaShape& shape,
                                              size_t layers,
                                              std::span<const float> values,
                                              size_t rows) {
  const size_t row_size = shape.kv_heads * shape.head_dim;
  if (values.size() != layers * 2 * rows * row_size) return nullptr;
  auto block = std::make_shared<KvBlock>(layers, row_size);
  block->SetRows(values, rows);
  return block;
}

}  // namespace

StateCodec::StateCodec(const Hyperparameters& hparams) : hparams_(hparams) {}

std::shared_ptr<const StateSnapshot> StateCodec::MakeSnapshot(
    std::span<const float> values, std::shared_ptr<const void> keeper) const {
  if (hparams_.architecture != Architecture::kMamba2) {
    return nullptr;  // all is in the blocks
  }
  const RecurrentLayout layout(hparams_.mamba2, hparams_.layers);
  if (values.size() != layout.snapshot_size()) return nullptr;
  return std::make_shared<RecurrentSnapshot>(values, std::move(keeper));
}

std::shared_ptr<const StateBlock> StateCodec::MakeBlock(
    std::span<const float> values, size_t rows) const {
  if (rows > kBlockTokens) return nullptr;
  return hparams_.architecture == Architecture::kMamba2
             ? MakeReplayBlock(
                   RecurrentLayout(hparams_.mamba2, hparams_.layers), values,
                   rows)
             : MakeKvBlock(hparams_.llama, hparams_.layers, values, rows);
}

}  // namespace krait::engine
