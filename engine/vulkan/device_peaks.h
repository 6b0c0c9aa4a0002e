// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_PEAKS_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_PEAKS_H_

#include <memory>
#include <string_view>

#include "engine/error.h"
#include "engine/vulkan/device.h"

namespace krait::engine::vulkan {

// What a device does at the most, measured: what a decode and a prefill are
// bound by.
struct DevicePeaks {
  double bytes_per_second = 0;  // read, of memory that no cache holds
  // A product is two, as it is added: in registers, of the kind that its
  // products of many tokens are (Device::matmul).
  double operations_per_second = 0;
};

// The best of several tries; takes a second at the most, and up to half a
// gigabyte of the device's memory. Fails where the device does.
Result<DevicePeaks> MeasurePeaks(const std::shared_ptr<Device>& device);

// "float32", "int8" or "binary16 matrices".
std::string_view MatMulKindName(MatMulKind kind);

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_PEAKS_H_
