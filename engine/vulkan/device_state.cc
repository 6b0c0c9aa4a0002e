// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_state.h"

#include <algorithm>
#include <utility>

namespace krait::engine::vulkan {

DeviceState::DeviceState(const Hyperparameters& hparams,
                         const DeviceStateMemory& memory) {
  for (size_t layer = 0; layer < hparams.layers; ++layer) {
    layers_.push_back(hparams.KindOf(layer));
  }
  if (memory.kv != nullptr) {
    kv_.emplace(hparams.attention, memory.kv);
  }
  if (memory.recurrent != nullptr) recurrent_.emplace(memory.recurrent);
}

std::unique_ptr<State> DeviceState::Clone() const {
  auto copy = std::make_unique<DeviceState>(*this);
  copy->whole_blocks_.clear();
  return copy;
}

void DeviceState::CopyFrom(const State& other) {
  const auto& source = static_cast<const DeviceState&>(other);
  if (kv_) kv_->CopyFrom(*source.kv_);
  if (recurrent_) {
    *recurrent_ = *source.recurrent_;
    recurrent_->TakeWholeBlocks();
  }
  position_ = source.position_;
  whole_blocks_.clear();
}

void DeviceState::Reset() {
  Restore(0, nullptr, {});
}

void DeviceState::Restore(size_t position,
                          std::shared_ptr<StateSnapshot> snapshot,
                          std::span<const std::shared_ptr<StateBlock>> kv) {
  if (kv_) {
    std::vector<std::shared_ptr<StateBlock>> pages;
    for (const auto& block : kv) {
      pages.push_back(kv_->ToDevice(block, kBlockTokens));
    }
    kv_->Restore(position, pages);
  }
  if (recurrent_) recurrent_->Restore(position, snapshot);
  position_ = position;
  whole_blocks_.clear();
}

bool DeviceState::Rewind(size_t position) {
  if (position > position_) return false;
  if (kv_ && !kv_->CanRewind(position)) return false;
  if (recurrent_ && !recurrent_->CanRewind(position)) return false;
  if (kv_) kv_->Rewind(position);
  if (recurrent_) recurrent_->Rewind(position);
  const size_t dropped =
      GridFloor(position_) / kBlockTokens - GridFloor(position) / kBlockTokens;
  whole_blocks_.resize(whole_blocks_.size() -
                       std::min(dropped, whole_blocks_.size()));
  position_ = position;
  return true;
}

std::shared_ptr<StateSnapshot> DeviceState::snapshot() const {
  return recurrent_ ? recurrent_->snapshot() : nullptr;
}

BlockPieces DeviceState::last_block() const {
  if (position_ == 0) return {};
  return {.log = recurrent_ ? recurrent_->last_block() : nullptr,
          .kv = kv_ ? kv_->last_block() : nullptr};
}

size_t DeviceState::bytes() const {
  return (kv_ ? kv_->bytes() : 0) + (recurrent_ ? recurrent_->bytes() : 0);
}

std::vector<StateTensor> DeviceState::Export() const {
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

DeviceSequence DeviceState::Begin(size_t tokens, bool record) {
  if (kv_) kv_->Extend(tokens);
  if (recurrent_) return recurrent_->Begin(tokens, record);
  return {};
}

void DeviceState::End(size_t tokens) {
  if (kv_) kv_->Advance(tokens);
  if (recurrent_) recurrent_->End(tokens);
  position_ += tokens;
  Collect();
}

void DeviceState::Append(const BlockPieces& block, size_t rows) {
  if (kv_) kv_->Append(kv_->ToDevice(block.kv, rows), rows);
  if (recurrent_) recurrent_->Append(block.log, rows);
  position_ += rows;
}

void DeviceState::EndSettle() {
  recurrent_->EndSettle();
  Collect();
}

// Puts together what both parts have of the blocks that became whole, of which
// the last ones are of the same tokens.
void DeviceState::Collect() {
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

}  // namespace krait::engine::vulkan
