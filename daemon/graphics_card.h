// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_GRAPHICS_CARD_H_
#define KRAIT_DAEMON_GRAPHICS_CARD_H_

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/arch/model.h"
#include "engine/tokenizer/fim_choice.h"
#include "engine/vulkan/instance.h"

namespace krait::daemon {

// The device that is no graphics card.
inline constexpr std::string_view kProcessor = "cpu";

// What `device` may be, for help and messages.
inline constexpr const char* kDeviceChoices =
    "cpu, auto (the first graphics card), or a card's number or a part of its "
    "name, as `krait doctor` lists them";

struct ModelOnCard {
  std::shared_ptr<const engine::Model> model;
  std::string card;  // its name
};

// Loads a model for the card that is meant by `device`: "auto" or "vulkan",
// the first that is no processor; a number or a part of a name
// (engine::vulkan::Instance::Choose). Shaders that the driver has compiled are
// kept in $XDG_CACHE_HOME/krait, or ~/.cache/krait. An error says why it does
// not run there.
base::Result<ModelOnCard> LoadOnCard(const std::filesystem::path& model,
                                     const engine::FimChoice& fim,
                                     std::string_view device);

// Returns the cards that Vulkan knows, those that krait cannot use, too. Fails
// where there is no Vulkan.
base::Result<std::vector<engine::vulkan::DeviceInfo>> ListCards();

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_GRAPHICS_CARD_H_
