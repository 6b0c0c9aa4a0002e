// SPDX-License-Identifier: Apache-2.0
#include "daemon/graphics_card.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "daemon/models/size_text.h"
#include "engine/arch/decoder.h"
#include "engine/arch/device_model.h"
#include "engine/arch/layer_chain.h"
#include "engine/arch/offload_plan.h"
#include "engine/vulkan/device.h"

namespace krait::daemon {
namespace {

using engine::LayerChain;
using engine::LayerRange;
using engine::OffloadPlan;
using engine::PartShape;
using engine::vulkan::Device;
using engine::vulkan::DeviceInfo;
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

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.emplace_back(part);
    if (comma == text.size()) return parts;
    text.remove_prefix(comma + 1);
  }
}

base::Result<std::vector<DeviceInfo>> ChooseCards(const Instance& instance,
                                                  const GpuOptions& options) {
  std::vector<DeviceInfo> cards;
  for (const std::string& choice : SplitAtCommas(options.device)) {
    auto info = instance.Choose(choice == "vulkan" ? "auto" : choice);
    if (!info) return info.error();
    cards.push_back(std::move(*info));
  }
  return cards;
}

OffloadPlan PlanFor(const engine::ModelFile& file, const Instance& instance,
                    const std::vector<DeviceInfo>& cards,
                    const GpuOptions& options) {
  std::vector<size_t> free_bytes;
  free_bytes.reserve(cards.size());
  for (const DeviceInfo& card : cards) {
    free_bytes.push_back(instance.FreeBytes(card));
  }
  return engine::PlanOffload(
      file, free_bytes,
      {.layers = options.layers,
       .experts_on_processor = options.experts_on_processor});
}

// "the first 20 of 32 layers on A, the next 8 on B"; "A" if it runs all.
std::string PlanText(const OffloadPlan& plan,
                     const std::vector<DeviceInfo>& cards) {
  const size_t layers = plan.on_processor.end();
  std::string text;
  for (size_t i = 0; i < cards.size(); ++i) {
    const size_t count = plan.on_devices[i].count;
    if (count == 0) continue;
    if (plan.whole()) return cards[i].name;
    text += text.empty()
                ? fmt::format("the first {} of {} layers on {}", count, layers,
                              cards[i].name)
                : fmt::format(", the next {} on {}", count, cards[i].name);
  }
  return text;
}

base::Status CheckAnyLayers(const OffloadPlan& plan,
                            const std::vector<DeviceInfo>& cards) {
  if (plan.on_processor.first > 0) return {};
  return base::MakeError(
      base::ErrorCode::kUnsupported,
      fmt::format("{} has no room for a layer", cards.front().name));
}

// Loads a model by a plan.
class CardLoader {
 public:
  CardLoader(std::shared_ptr<const Instance> instance,
             const std::vector<DeviceInfo>& cards, const GpuOptions& options)
      : instance_(std::move(instance)), cards_(cards), options_(options) {}

  base::Result<std::shared_ptr<const engine::Model>> Load(
      engine::LoadedFile loaded, const OffloadPlan& plan) const {
    auto layers = plan.whole() ? LoadWhole(*loaded.file, plan)
                               : LoadParts(*loaded.file, plan);
    if (!layers) return layers.error();
    return std::make_shared<const engine::Model>(std::move(loaded),
                                                 std::move(*layers));
  }

 private:
  using Part = base::Result<std::unique_ptr<const engine::ModelPart>>;

  Part LoadOn(const DeviceInfo& card, const engine::ModelFile& file,
              const PartShape& shape) const {
    auto device = Device::Open(instance_, card, options_.failures);
    if (!device) return device.error();
    return engine::DeviceModel::CreatePart(
        file, shape, std::move(*device),
        {.cache_folder = CacheFolder(),
         .experts_on_processor = options_.experts_on_processor,
         .state_bytes = options_.state_bytes});
  }

  Part LoadWhole(const engine::ModelFile& file, const OffloadPlan& plan) const {
    size_t card = 0;
    while (plan.on_devices[card].count == 0) ++card;
    return LoadOn(cards_[card], file, PartShape::Whole(file.hyperparameters()));
  }

  Part LoadParts(const engine::ModelFile& file, const OffloadPlan& plan) const {
    const size_t layers = file.hyperparameters().layers;
    std::vector<LayerChain::Link> links;
    const auto shape_of = [layers](const LayerRange& range) {
      return PartShape{
          .layers = range, .embeds = false, .has_head = range.end() == layers};
    };
    for (size_t i = 0; i < cards_.size(); ++i) {
      const LayerRange& range = plan.on_devices[i];
      if (range.count == 0) continue;
      auto part = LoadOn(cards_[i], file, shape_of(range));
      if (!part) return part.error();
      links.push_back({range, std::move(*part)});
    }
    if (plan.on_processor.count > 0) {
      auto part = engine::Decoder::Create(file, shape_of(plan.on_processor));
      if (!part) return part.error();
      links.push_back({plan.on_processor, std::move(*part)});
    }
    return LayerChain::Create(file, std::move(links));
  }

  std::shared_ptr<const Instance> instance_;
  const std::vector<DeviceInfo>& cards_;
  const GpuOptions& options_;
};

}  // namespace

base::Result<ModelOnCard> LoadOnCard(const std::filesystem::path& model,
                                     const engine::FimChoice& fim,
                                     const GpuOptions& options) {
  const auto instance = Instance::Create();
  if (!instance) return instance.error();
  const auto cards = ChooseCards(**instance, options);
  if (!cards) return cards.error();
  auto loaded = engine::Model::LoadFile(model, fim);
  if (!loaded) return loaded.error();
  const OffloadPlan plan = PlanFor(*loaded->file, **instance, *cards, options);
  if (auto any = CheckAnyLayers(plan, *cards); !any) return any.error();
  auto on_cards =
      CardLoader(*instance, *cards, options).Load(std::move(*loaded), plan);
  if (!on_cards) {
    options.failures->Clear();  // another model may have room there
    return on_cards.error();
  }
  std::string text = PlanText(plan, *cards);
  if (options.experts_on_processor) text += ", experts on the processor";
  return ModelOnCard{.model = std::move(*on_cards), .cards = std::move(text)};
}

base::Result<std::vector<DeviceInfo>> ListCards() {
  const auto instance = Instance::Create();
  if (!instance) return instance.error();
  return (*instance)->Devices();
}

base::Result<std::string> DescribeOffload(const std::filesystem::path& model,
                                          const GpuOptions& options) {
  const auto instance = Instance::Create();
  if (!instance) return instance.error();
  const auto cards = ChooseCards(**instance, options);
  if (!cards) return cards.error();
  const auto file = engine::ModelFile::Open(model);
  if (!file) return file.error();
  const OffloadPlan plan = PlanFor(**file, **instance, *cards, options);
  if (auto any = CheckAnyLayers(plan, *cards); !any) return any.error();
  std::string text =
      plan.whole() ? fmt::format("all {} layers on {}", plan.on_processor.end(),
                                 PlanText(plan, *cards))
                   : PlanText(plan, *cards);
  text += fmt::format(" ({} of weights)", models::SizeText(plan.device_bytes));
  if (plan.on_processor.count > 0) {
    text += fmt::format(", {} on the processor", plan.on_processor.count);
  }
  if (options.experts_on_processor) text += ", experts on the processor";
  return text;
}

}  // namespace krait::daemon
