// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_GPU_OPTIONS_H_
#define KRAIT_DAEMON_GPU_OPTIONS_H_

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace krait::engine::vulkan {
class DeviceFailures;
}

namespace krait::daemon {

// The device that is no graphics card.
inline constexpr std::string_view kProcessor = "cpu";

// What a device may be, for help and messages.
inline constexpr const char* kDeviceChoices =
    "cpu, auto (the first graphics card), or a card's number or a part of its "
    "name, as `krait doctor` lists them; several with commas between";
inline constexpr const char* kLayerChoices =
    "auto (as many as the cards have room for), all, or a number";

inline constexpr size_t kAllLayers = std::numeric_limits<size_t>::max();

std::shared_ptr<engine::vulkan::DeviceFailures> NewCardFailures();

// What runs a model, and how much of it.
struct GpuOptions {
  std::string device = std::string(kProcessor);  // see kDeviceChoices
  // Layers that cards run, from the first on; kAllLayers; nothing: as many as
  // there is room for.
  std::optional<size_t> layers = {};
  // Whether mixtures of experts are left to the processor.
  bool experts_on_processor = false;
  // What warm states may take of each card's memory; nothing: what is found to
  // be free.
  std::optional<size_t> state_bytes = {};
  // Whether a card that is named and not there is an error; else the processor
  // is used.
  bool required = false;
  // What cards failed with in this process, which are not used again.
  std::shared_ptr<engine::vulkan::DeviceFailures> failures = NewCardFailures();

  bool on_processor() const { return device == kProcessor; }
};

// Returns the layers that `text` means (kLayerChoices), or false.
bool ParseLayers(std::string_view text, std::optional<size_t>* layers);
std::string LayersText(const std::optional<size_t>& layers);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_GPU_OPTIONS_H_
