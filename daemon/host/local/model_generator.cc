// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/model_generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "daemon/completion/rules/glob.h"
#include "daemon/config/config.h"
#include "daemon/host/local/engine_generator.h"
#include "daemon/host/local/model_summary.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;

// Whether a file is one that a glob names, or below a folder that it names.
bool MatchesAny(const std::vector<std::string>& globs,
                const std::string& file) {
  return std::ranges::any_of(globs, [&file](std::string glob) {
    while (glob.ends_with('/')) glob.pop_back();
    return completion::MatchesGlob(glob, file) ||
           completion::MatchesGlob(glob + "/**", file);
  });
}

// Adds the globs whose folders are reached by links as they are without these.
std::vector<std::string> WithRealPaths(std::vector<std::string> globs) {
  for (size_t i = globs.size(); i-- > 0;) {
    const size_t wild = std::min(globs[i].find_first_of("*?"), globs[i].size());
    const size_t end =
        wild == globs[i].size() ? wild : globs[i].rfind('/', wild);
    if (end == std::string::npos || !globs[i].starts_with('/')) continue;
    std::error_code error;
    const fs::path real = fs::weakly_canonical(globs[i].substr(0, end), error);
    if (!error) globs.push_back(real.string() + globs[i].substr(end));
  }
  return globs;
}

class ModelGenerator : public completion::Generator {
 public:
  ModelGenerator(LoadedModel loaded, std::unique_ptr<EngineGenerator> inner)
      : loaded_(std::move(loaded)), inner_(std::move(inner)) {}

  size_t context_length() const override { return inner_->context_length(); }
  engine::ModelHints hints() const override { return inner_->hints(); }
  size_t CountTokens(std::string_view text) const override {
    return inner_->CountTokens(text);
  }
  std::unique_ptr<completion::RunningGeneration> Begin(
      completion::GeneratorRequest request, std::stop_token stop) override {
    return inner_->Begin(std::move(request), std::move(stop));
  }
  void Advance(
      std::span<completion::RunningGeneration* const> generations) override {
    inner_->Advance(generations);
  }
  base::Status Warm(const completion::GeneratorPrompt& prompt,
                    std::stop_token stop) override {
    return inner_->Warm(prompt, std::move(stop));
  }
  void SaveWarmStates() override { inner_->SaveWarmStates(); }
  base::Status FinishSaving(std::chrono::milliseconds limit) override {
    return inner_->FinishSaving(limit);
  }
  void Forget(const completion::ForgetScope& scope,
              std::function<void(size_t)> done) override {
    inner_->Forget(scope, std::move(done));
  }
  engine::ModelChange CheckModel() const override {
    return inner_->CheckModel();
  }
  completion::WarmStatus warm_status() const override {
    return inner_->warm_status();
  }
  base::MemoryUse memory_use() const override { return inner_->memory_use(); }
  void GiveBack(size_t bytes) override { inner_->GiveBack(bytes); }

 private:
  LoadedModel loaded_;
  std::unique_ptr<EngineGenerator> inner_;  // uses the pool of loaded_
};

WarmOptions WarmOptionsOf(const ModelOptions& options,
                          const engine::ModelStamp& stamp) {
  return {
      .state_bytes = options.state_bytes,
      .state_dir = options.state_dir,
      .disk = {.max_bytes = options.state_disk_bytes,
               .max_age = std::chrono::hours(24 * options.state_days)},
      .may_save =
          [excluded = WithRealPaths(options.state_exclude)](
              const std::string& file) { return !MatchesAny(excluded, file); },
      .fingerprints = FingerprintsFile(),
      .forget_mark = ForgetMarkFile(),
      .stamp = stamp};
}

}  // namespace

fs::path FingerprintsFile() {
  const fs::path home = StateHome();
  return home.empty() ? home : home / "fingerprints";
}

fs::path ForgetMarkFile() {
  const fs::path home = StateHome();
  return home.empty() ? home : home / "forgotten";
}

base::Result<ReadyGenerator> LoadGenerator(const ModelOptions& options) {
  auto loaded = LoadModel(options);
  if (!loaded) return loaded.error();
  auto inner = EngineGenerator::Create(loaded->model, *loaded->pool,
                                       WarmOptionsOf(options, loaded->stamp));
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
