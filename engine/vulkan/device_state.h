// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_STATE_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_STATE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/model/hyperparameters.h"
#include "engine/state/state.h"
#include "engine/vulkan/device_kv.h"
#include "engine/vulkan/device_recurrent.h"

namespace krait::engine::vulkan {

// What the states of a model share; null: the model has no such layers.
struct DeviceStateMemory {
  std::shared_ptr<const DevicePageMemory> kv;
  std::shared_ptr<const DeviceRecurrentMemory> recurrent;
};

// What a model that a device runs remembers after a token sequence, in the
// device's memory. Its pieces are shared, kept and restored as those of a state
// in the processor's memory, and have the same values in the same places.
// Functions that need memory or transfer throw DeviceFailure.
class DeviceState final : public State {
 public:
  DeviceState(const Hyperparameters& hparams, const DeviceStateMemory& memory);

  std::unique_ptr<State> Clone() const override;
  void CopyFrom(const State& other) override;
  void Reset() override;
  void Restore(size_t position, std::shared_ptr<StateSnapshot> snapshot,
               std::span<const std::shared_ptr<StateBlock>> kv) override;
  bool Rewind(size_t position) override;
  std::shared_ptr<StateSnapshot> snapshot() const override;
  BlockPieces last_block() const override;
  size_t bytes() const override;
  // The state must be settled (Model::Settle).
  std::vector<StateTensor> Export() const override;

  // For the forward pass ------------------------------------------------------

  // Null: the model has no such layers.
  const DeviceKv* kv() const { return kv_ ? &*kv_ : nullptr; }
  DeviceRecurrent* recurrent() { return recurrent_ ? &*recurrent_ : nullptr; }

  // Around `tokens` more tokens, whose inputs are recorded or not (a decode):
  // makes room for them, and takes them over. What recurrent layers are to run,
  // but for its first token.
  DeviceSequence Begin(size_t tokens, bool record);
  void End(size_t tokens);
  // Goes on by the first `rows` tokens of a block that begins here; recurrent
  // layers must be settled after a whole one.
  void Append(const BlockPieces& block, size_t rows);
  void EndSettle();

 private:
  void Collect();

  std::vector<LayerKind> layers_;
  std::optional<DeviceKv> kv_;
  std::optional<DeviceRecurrent> recurrent_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_STATE_H_
