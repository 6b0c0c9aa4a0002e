// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_SEQUENCE_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_SEQUENCE_H_

#include <cstddef>
#include <cstdint>

#include "engine/vulkan/device.h"

namespace krait::engine::vulkan {

// Of float32 arrays in the device's memory, unless it says otherwise; 0: none.
using Address = VkDeviceAddress;

// A sequence of a batch that a recurrence goes along, as shaders have it
// (sequences.glsl): the tokens of each follow each other.
struct DeviceSequence {
  static constexpr uint32_t kNotKept = UINT32_MAX;

  uint32_t first_token = 0;
  uint32_t tokens = 0;
  uint32_t kept_after = kNotKept;  // tokens; then `kept` becomes the state
  // Of a recurrence in chunks: the first of its tokens whose output is asked
  // for; those before were fed by earlier calls.
  uint32_t first_output = 0;
  Address from = 0;   // the state before, or none, which is zero
  Address state = 0;  // after; may be `from` where the tokens go one by one
  Address kept = 0;
};

// Those of a call.
struct DeviceSequences {
  Address address = 0;  // DeviceSequence[count]
  size_t count = 0;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_SEQUENCE_H_
