// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_state.h"

namespace krait::engine::vulkan {

DeviceState::DeviceState(const Hyperparameters& hparams,
                         const DeviceStateMemory& memory)
    : StateOfKinds(hparams) {
  if (memory.kv != nullptr) kv_.emplace(hparams.attention, memory.kv);
  if (memory.recurrent != nullptr) recurrent_.emplace(memory.recurrent);
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

}  // namespace krait::engine::vulkan
