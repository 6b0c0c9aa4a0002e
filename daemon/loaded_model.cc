// SPDX-License-Identifier: Apache-2.0
#include "daemon/loaded_model.h"

#include <utility>

#include "daemon/graphics_card.h"
#include "daemon/log.h"
#include "daemon/model_lookup.h"
#include "daemon/model_memory.h"
#include "engine/arch/node_placement.h"
#include "engine/threads/topology.h"
#include "engine/vulkan/device.h"

namespace krait::daemon {
namespace {

base::Error FromOrigin(base::Error error, const ModelOptions& options) {
  if (!options.model_origin.empty()) {
    error.message = options.model_origin + ": " + error.message;
  }
  return error;
}

// Those of a directory are not all weights: of it only its tensors count.
base::Status CheckSize(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return {};
  return CheckFitsMemory(path.string(), {.file_bytes = ModelBytes(path)});
}

// Before it is mapped, as mapping what `ulimit -v` has no room for fails
// without a figure, and when its shape is known.
base::Result<std::shared_ptr<const engine::Model>> LoadWithinMemory(
    const std::filesystem::path& path, const ModelOptions& options) {
  base::Status fits = options.allow_large ? base::Status() : CheckSize(path);
  if (fits) {
    auto model = engine::Model::Load(path, options.fim);
    if (!model || options.allow_large) return model;
    fits = CheckFitsMemory(path.string(), MemoryOf((*model)->file()));
    if (fits) return model;
  }
  base::Error error = fits.error();
  error.message +=
      "; `allow_large_model = true` in config.toml, or --allow-large-model, "
      "runs it all the same, read from the disk again and again";
  return FromOrigin(std::move(error), options);
}

// Loads the model on the cards that are wanted, or says why not.
base::Status UseCard(const ModelOptions& options, LoadedModel* loaded) {
  if (options.gpu.layers == size_t{0}) return {};
  loaded->card_problem = options.gpu.failures->first();
  if (loaded->card_problem.empty()) {
    auto on_card = LoadOnCard(loaded->path, options.fim, options.gpu);
    if (on_card) {
      loaded->model = std::move(on_card->model);
      loaded->card = std::move(on_card->cards);
      return {};
    }
    if (options.gpu.required) return on_card.error();
    loaded->card_problem = on_card.error().message;
  }
  WriteLog(LogLevel::kWarning,
           "the processor runs the model, not a graphics card: " +
               loaded->card_problem);
  return {};
}

}  // namespace

std::unique_ptr<engine::WorkerPool> StartPool(size_t threads) {
  return std::make_unique<engine::WorkerPool>(engine::PlanThreads(threads));
}

ModelOptions KeepingNothing(ModelOptions options) {
  options.state_bytes = 0;
  options.state_dir.clear();
  return options;
}

base::Result<std::filesystem::path> FindModelOf(const ModelOptions& options) {
  auto path = FindModel(options.model, ModelEnvironment::OfProcess());
  if (!path) return FromOrigin(path.error(), options);
  return path;
}

base::Result<std::string> FindModelPathOf(const ModelOptions& options) {
  auto path = FindModelPath(options.model, ModelEnvironment::OfProcess());
  if (!path) return FromOrigin(path.error(), options);
  return path;
}

base::Result<LoadedModel> LoadModel(const ModelOptions& options) {
  auto path = FindModelOf(options);
  if (!path) return path.error();
  engine::ModelStamp stamp = engine::StampModel(*path);
  LoadedModel loaded{.path = std::move(*path),
                     .stamp = std::move(stamp),
                     .model = nullptr,
                     .pool = nullptr,
                     .card = {},
                     .card_problem = {}};
  if (!options.gpu.on_processor()) {
    if (auto used = UseCard(options, &loaded); !used) return used.error();
  }
  if (loaded.model == nullptr) {
    auto model = LoadWithinMemory(loaded.path, options);
    if (!model) return model.error();
    loaded.model = std::move(*model);
  }
  if (engine::StampModel(loaded.path) != loaded.stamp) {
    return base::MakeError(
        base::ErrorCode::kIo,
        loaded.path.string() + ": was changed while it was loaded");
  }
  loaded.pool = StartPool(options.threads);
  if (loaded.card.empty()) {
    engine::PlaceOnNodes(loaded.model->file(), *loaded.pool);
  }
  return loaded;
}

}  // namespace krait::daemon
