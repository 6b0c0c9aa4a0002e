// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/model_generator.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "daemon/completion/engine_generator.h"
#include "daemon/model_summary.h"

namespace krait::daemon {
namespace {

class ModelGenerator : public Generator {
 public:
  ModelGenerator(LoadedModel loaded, std::unique_ptr<EngineGenerator> inner)
      : loaded_(std::move(loaded)), inner_(std::move(inner)) {}

  size_t context_length() const override { return inner_->context_length(); }
  engine::ModelHints hints() const override { return inner_->hints(); }
  size_t CountTokens(std::string_view text) const override {
    return inner_->CountTokens(text);
  }
  std::unique_ptr<RunningGeneration> Begin(GeneratorRequest request,
                                           std::stop_token stop) override {
    return inner_->Begin(std::move(request), std::move(stop));
  }
  void Advance(std::span<RunningGeneration* const> generations) override {
    inner_->Advance(generations);
  }
  engine::Status Warm(const GeneratorPrompt& prompt,
                      std::stop_token stop) override {
    return inner_->Warm(prompt, std::move(stop));
  }
  engine::Status SaveWarmStates() override { return inner_->SaveWarmStates(); }
  WarmStatus warm_status() const override { return inner_->warm_status(); }

 private:
  LoadedModel loaded_;
  std::unique_ptr<EngineGenerator> inner_;  // uses the pool of loaded_
};

}  // namespace

engine::Result<ReadyGenerator> LoadGenerator(const ModelOptions& options) {
  auto loaded = LoadModel(options);
  if (!loaded) return loaded.error();
  auto inner =
      EngineGenerator::Create(loaded->model, *loaded->pool,
                              {.state_bytes = options.state_bytes,
                               .state_dir = options.state_dir,
                               .disk_bytes = options.state_disk_bytes});
  if (!inner) return inner.error();
  std::string description =
      fmt::format("{} ({} parameters) from {}, {} threads",
                  loaded->model->hyperparameters().name,
                  ParametersText(loaded->model->Parameters()),
                  loaded->path.string(), loaded->pool->size());
  const size_t threads = loaded->pool->size();
  return ReadyGenerator{.generator = std::make_unique<ModelGenerator>(
                            std::move(*loaded), std::move(*inner)),
                        .description = std::move(description),
                        .threads = threads};
}

}  // namespace krait::daemon
