// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_STATE_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_STATE_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/state/state.h"
#include "engine/vulkan/device_kv.h"

namespace krait::engine::vulkan {

// What a model that a device runs remembers after a token sequence, in the
// device's memory. Its pieces are shared, kept and restored as those of a state
// in the processor's memory, and have the same values in the same places.
// Functions that need memory or transfer throw DeviceFailure.
class DeviceState final : public State {
 public:
  DeviceState(const AttentionShape& shape,
              std::shared_ptr<const DeviceKvMemory> memory,
              std::vector<size_t> attention_layers)
      : kv_(shape, std::move(memory)),
        attention_layers_(std::move(attention_layers)) {}

  std::unique_ptr<State> Clone() const override;
  void CopyFrom(const State& other) override;
  void Reset() override;
  void Restore(size_t position, std::shared_ptr<StateSnapshot> snapshot,
               std::span<const std::shared_ptr<StateBlock>> kv) override;
  bool Rewind(size_t position) override;
  std::shared_ptr<StateSnapshot> snapshot() const override { return nullptr; }
  BlockPieces last_block() const override;
  size_t bytes() const override { return kv_.bytes(); }
  std::vector<StateTensor> Export() const override;

  // For the forward pass ------------------------------------------------------

  const DeviceKv& kv() const { return kv_; }

  // Around `tokens` more tokens: makes room for them, and takes them over.
  void Begin(size_t tokens);
  void End(size_t tokens);
  // Goes on by the first `rows` tokens of a block that begins here.
  void Append(const BlockPieces& block, size_t rows);

 private:
  DeviceKv kv_;
  std::vector<size_t> attention_layers_;  // their numbers in the model
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_STATE_H_
