// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_state.h"

#include <algorithm>
#include <utility>

namespace krait::engine::vulkan {

std::unique_ptr<State> DeviceState::Clone() const {
  auto copy = std::make_unique<DeviceState>(*this);
  copy->whole_blocks_.clear();
  return copy;
}

void DeviceState::CopyFrom(const State& other) {
  const auto& source = static_cast<const DeviceState&>(other);
  kv_.CopyFrom(source.kv_);
  position_ = source.position_;
  whole_blocks_.clear();
}

void DeviceState::Reset() {
  Restore(0, nullptr, {});
}

void DeviceState::Restore(size_t position,
                          std::shared_ptr<StateSnapshot> /*snapshot*/,
                          std::span<const std::shared_ptr<StateBlock>> kv) {
  std::vector<std::shared_ptr<StateBlock>> pages;
  for (const auto& block : kv) pages.push_back(kv_.ToDevice(block));
  kv_.Restore(position, pages);
  position_ = position;
  whole_blocks_.clear();
}

bool DeviceState::Rewind(size_t position) {
  if (!kv_.CanRewind(position)) return false;
  kv_.Rewind(position);
  const size_t dropped =
      GridFloor(position_) / kBlockTokens - GridFloor(position) / kBlockTokens;
  whole_blocks_.resize(whole_blocks_.size() -
                       std::min(dropped, whole_blocks_.size()));
  position_ = position;
  return true;
}

BlockPieces DeviceState::last_block() const {
  if (position_ == 0) return {};
  return {.log = nullptr, .kv = kv_.last_block()};
}

std::vector<StateTensor> DeviceState::Export() const {
  std::vector<StateTensor> tensors;
  for (size_t layer = 0; layer < attention_layers_.size(); ++layer) {
    kv_.Export(layer, attention_layers_[layer], &tensors);
  }
  return tensors;
}

void DeviceState::Begin(size_t tokens) {
  kv_.Extend(tokens);
}

void DeviceState::End(size_t tokens) {
  kv_.Advance(tokens);
  position_ += tokens;
  for (auto& block : kv_.TakeWholeBlocks()) {
    whole_blocks_.push_back({.log = nullptr, .kv = std::move(block)});
  }
}

void DeviceState::Append(const BlockPieces& block, size_t rows) {
  kv_.Append(kv_.ToDevice(block.kv), rows);
  position_ += rows;
}

}  // namespace krait::engine::vulkan
