// SPDX-License-Identifier: Apache-2.0
#include "daemon/graphics_card.h"

#include <cstdlib>
#include <utility>

#include "engine/arch/device_model.h"
#include "engine/vulkan/device.h"

namespace krait::daemon {
namespace {

using engine::vulkan::Device;
using engine::vulkan::Instance;

// Where compiled shaders are kept; empty: nowhere.
std::filesystem::path CacheFolder() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && cache[0] == '/') {
    return std::filesystem::path(cache) / "krait";
  }
  const char* const home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') return {};
  return std::filesystem::path(home) / ".cache" / "krait";
}

}  // namespace

base::Result<ModelOnCard> LoadOnCard(const std::filesystem::path& model,
                                     const engine::FimChoice& fim,
                                     std::string_view device) {
  const auto instance = Instance::Create();
  if (!instance) return instance.error();
  auto info = (*instance)->Choose(device == "vulkan" ? "auto" : device);
  if (!info) return info.error();
  auto opened = Device::Open(*instance, std::move(*info));
  if (!opened) return opened.error();
  auto loaded = engine::Model::LoadFile(model, fim);
  if (!loaded) return loaded.error();
  const std::string card = (*opened)->info().name;
  auto on_card = engine::DeviceModel::Create(std::move(*loaded),
                                             std::move(*opened), CacheFolder());
  if (!on_card) return on_card.error();
  return ModelOnCard{.model = std::move(*on_card), .card = card};
}

base::Result<std::vector<engine::vulkan::DeviceInfo>> ListCards() {
  const auto instance = Instance::Create();
  if (!instance) return instance.error();
  return (*instance)->Devices();
}

}  // namespace krait::daemon
