// SPDX-License-Identifier: Apache-2.0
#include "engine/state/layered_state.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace krait::engine {

LayeredState::LayeredState(const Hyperparameters& hparams) {
  for (size_t layer = 0; layer < hparams.layers; ++layer) {
    layers_.push_back(hparams.KindOf(layer));
  }
  if (hparams.IsRecurrent()) {
    recurrent_.emplace(RecurrentLayoutOf(hparams));
  }
  if (hparams.Has(MixerKind::kAttention)) {
    kv_.emplace(hparams.attention, hparams.CountLayers(MixerKind::kAttention));
  }
}

std::unique_ptr<State> LayeredState::Clone() const {
  auto copy = std::make_unique<LayeredState>(*this);
  copy->whole_blocks_.clear();
  return copy;
}

void LayeredState::CopyFrom(const State& other) {
  const auto& source = static_cast<const LayeredState&>(other);
  if (recurrent_) recurrent_->CopyFrom(*source.recurrent_);
  if (kv_) kv_->CopyFrom(*source.kv_);
  position_ = source.position_;
  whole_blocks_.clear();
}

void LayeredState::Reset() {
  Restore(0, nullptr, {});
}

void LayeredState::Restore(size_t position,
                           std::shared_ptr<StateSnapshot> snapshot,
                           std::span<const std::shared_ptr<StateBlock>> kv) {
  assert(recurrent_ || position == 0);
  if (recurrent_) recurrent_->Restore(position, std::move(snapshot));
  if (kv_) kv_->Restore(position, kv);
  position_ = position;
  whole_blocks_.clear();
}

bool LayeredState::Rewind(size_t position) {
  if (position > position_) return false;
  if (recurrent_ && !recurrent_->CanRewind(position)) return false;
  if (kv_ && !kv_->CanRewind(position)) return false;
  if (recurrent_) recurrent_->Rewind(position);
  if (kv_) kv_->Rewind(position);
  const size_t dropped =
      GridFloor(position_) / kBlockTokens - GridFloor(position) / kBlockTokens;
  whole_blocks_.resize(whole_blocks_.size() -
                       std::min(dropped, whole_blocks_.size()));
  position_ = position;
  return true;
}

std::shared_ptr<StateSnapshot> LayeredState::snapshot() const {
  return recurrent_ ? recurrent_->snapshot() : nullptr;
}

BlockPieces LayeredState::last_block() const {
  if (position_ == 0) return {};
  return {.log = recurrent_ ? recurrent_->last_block() : nullptr,
          .kv = kv_ ? kv_->last_block() : nullptr};
}

size_t LayeredState::bytes() const {
  return (recurrent_ ? recurrent_->bytes() : 0) + (kv_ ? kv_->bytes() : 0);
}

std::vector<StateTensor> LayeredState::Export() const {
  std::vector<StateTensor> tensors;
  size_t recurrent = 0;
  size_t attention = 0;
  for (size_t number = 0; number < layers_.size(); ++number) {
    if (layers_[number].IsRecurrent()) {
      recurrent_->Export(recurrent++, number, &tensors);
    }
    if (layers_[number].Has(MixerKind::kAttention)) {
      kv_->Export(attention++, number, &tensors);
    }
  }
  return tensors;
}

void LayeredState::BeginPrefill(size_t tokens) {
  if (kv_) kv_->Extend(tokens);
  if (!recurrent_) return;
  recurrent_->Extend(tokens);
  recurrent_->MakeBase();
  if (recurrent_->BaseAfter(tokens) > recurrent_->base_position()) {
    recurrent_->MakeBaseMutable();
  }
}

void LayeredState::EndPrefill(size_t tokens) {
  if (kv_) kv_->Advance(tokens);
  if (recurrent_) recurrent_->Advance(tokens, recurrent_->BaseAfter(tokens));
  position_ += tokens;
  Collect();
}

void LayeredState::BeginDecode() {
  if (kv_) kv_->Extend(1);
  if (recurrent_) recurrent_->MakeBaseMutable();
}

void LayeredState::EndDecode() {
  if (kv_) kv_->Advance(1);
  if (recurrent_) recurrent_->Advance(1, recurrent_->position() + 1);
  position_ += 1;
  Collect();
}

void LayeredState::Append(const BlockPieces& block, size_t rows) {
  if (kv_) kv_->Append(block.kv, rows);
  if (recurrent_) recurrent_->SetTail(block.log, rows);
  position_ += rows;
}

void LayeredState::EndSettle() {
  recurrent_->Advance(0, recurrent_->position());
  Collect();
}

// Puts together what both parts have of the blocks that became whole, of which
// the last ones are of the same tokens.
void LayeredState::Collect() {
  auto logs = recurrent_ ? recurrent_->TakeWholeBlocks()
                         : std::vector<std::shared_ptr<StateBlock>>{};
  auto kvs =
      kv_ ? kv_->TakeWholeBlocks() : std::vector<std::shared_ptr<StateBlock>>{};
  const size_t count = std::max(logs.size(), kvs.size());
  for (size_t i = 0; i < count; ++i) {
    BlockPieces block;
    if (i + logs.size() >= count) {
      block.log = std::move(logs[i + logs.size() - count]);
    }
    if (i + kvs.size() >= count) {
      block.kv = std::move(kvs[i + kvs.size() - count]);
    }
    whole_blocks_.push_back(std::move(block));
  }
}

}  // namespace krait::engine
