// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_GRAPHICS_CARD_H_
#define KRAIT_DAEMON_GRAPHICS_CARD_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/gpu_options.h"
#include "engine/arch/model.h"
#include "engine/tokenizer/fim_choice.h"
#include "engine/vulkan/instance.h"

namespace krait::daemon {

struct ModelOnCard {
  std::shared_ptr<const engine::Model> model;
  // Which cards run it, and how much of it: "NAME", "the first 20 of 32 layers
  // on NAME".
  std::string cards;
};

// Loads a model for the cards that are meant by `options`: a device is "auto"
// or "vulkan", the first that is no processor; or a number or a part of a name
// (engine::vulkan::Instance::Choose). Shaders that the driver has compiled are
// kept in $XDG_CACHE_HOME/krait, or ~/.cache/krait. An error says why it does
// not run there.
base::Result<ModelOnCard> LoadOnCard(const std::filesystem::path& model,
                                     const engine::FimChoice& fim,
                                     const GpuOptions& options);

// Returns the cards that Vulkan knows, those that krait cannot use, too. Fails
// where there is no Vulkan.
base::Result<std::vector<engine::vulkan::DeviceInfo>> ListCards();

// Says what of a model LoadOnCard would put where, by what is free now:
// "20 of 32 layers on NAME, 3.1 GB; the rest on the processor".
base::Result<std::string> DescribeOffload(const std::filesystem::path& model,
                                          const GpuOptions& options);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_GRAPHICS_CARD_H_
