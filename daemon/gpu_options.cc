// SPDX-License-Identifier: Apache-2.0
#include "daemon/gpu_options.h"

#include <fmt/format.h>

#include <charconv>

#include "engine/vulkan/device.h"

namespace krait::daemon {
namespace {

constexpr std::string_view kAuto = "auto";
constexpr std::string_view kAll = "all";

}  // namespace

std::shared_ptr<engine::vulkan::DeviceFailures> NewCardFailures() {
  return std::make_shared<engine::vulkan::DeviceFailures>();
}

bool ParseLayers(std::string_view text, std::optional<size_t>* layers) {
  if (text == kAuto) {
    layers->reset();
    return true;
  }
  if (text == kAll) {
    *layers = kAllLayers;
    return true;
  }
  size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || last != end) return false;
  *layers = number;
  return true;
}

std::string LayersText(const std::optional<size_t>& layers) {
  if (!layers) return std::string(kAuto);
  if (*layers == kAllLayers) return std::string(kAll);
  return fmt::to_string(*layers);
}

}  // namespace krait::daemon
