// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_STATE_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_STATE_H_

#include <cstddef>
#include <memory>

#include "engine/model/hyperparameters.h"
#include "engine/state/layered_state.h"
#include "engine/vulkan/device_kv.h"
#include "engine/vulkan/device_recurrent.h"

namespace krait::engine::vulkan {

// What the states of a model share; null: the model has no such layers.
struct DeviceStateMemory {
  std::shared_ptr<const DevicePageMemory> kv;
  std::shared_ptr<const DeviceRecurrentMemory> recurrent;
};

// What layers that a device runs remember after a token sequence, in the
// device's memory. Its pieces are shared, kept and restored as those of a state
// in the processor's memory, and have the same values in the same places.
// Functions that need memory or transfer throw DeviceFailure.
class DeviceState final : public StateOfKinds<DeviceRecurrent, DeviceKv> {
 public:
  DeviceState(const Hyperparameters& hparams, const DeviceStateMemory& memory);

  std::unique_ptr<State> Clone() const override { return CloneOf(*this); }

  // Around `tokens` more tokens, whose inputs are recorded or not (a decode):
  // makes room for them, and takes them over. What recurrent layers are to run:
  // see DeviceRecurrent.
  DeviceSequence Begin(size_t tokens, bool record);
  void End(size_t tokens);
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_STATE_H_
