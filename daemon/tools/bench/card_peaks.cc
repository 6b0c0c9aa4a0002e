// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/card_peaks.h"

#include "engine/vulkan/device.h"
#include "engine/vulkan/instance.h"

namespace krait::daemon {

namespace vulkan = engine::vulkan;

base::Result<CardPeaks> MeasureCard(std::string_view name) {
  const auto instance = vulkan::Instance::Create();
  if (!instance) return instance.error();
  const auto info = (*instance)->Choose(name);
  if (!info) return info.error();
  const auto device = vulkan::Device::Open(*instance, *info);
  if (!device) return device.error();
  const auto peaks = vulkan::MeasurePeaks(*device);
  if (!peaks) return peaks.error();
  return CardPeaks{
      .peaks = *peaks,
      .kind = std::string(vulkan::MatMulKindName((*device)->matmul()))};
}

}  // namespace krait::daemon
