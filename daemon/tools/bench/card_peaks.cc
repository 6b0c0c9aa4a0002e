// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/card_peaks.h"

#include <algorithm>

#include "engine/vulkan/device.h"
#include "engine/vulkan/instance.h"

namespace krait::daemon {

namespace vulkan = engine::vulkan;

base::Result<std::optional<CardPeaks>> MeasureCard(std::string_view name) {
  const auto instance = vulkan::Instance::Create();
  if (!instance) return instance.error();
  const auto devices = (*instance)->Devices();
  if (!devices) return devices.error();
  const auto info =
      std::ranges::find(*devices, name, &vulkan::DeviceInfo::name);
  if (info == devices->end()) return std::optional<CardPeaks>();
  const auto device = vulkan::Device::Open(*instance, *info);
  if (!device) return device.error();
  const auto peaks = vulkan::MeasurePeaks(*device);
  if (!peaks) return peaks.error();
  return std::optional(CardPeaks{
      .peaks = *peaks,
      .kind = std::string(vulkan::MatMulKindName((*device)->matmul()))});
}

}  // namespace krait::daemon
