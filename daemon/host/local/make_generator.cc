// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/make_generator.h"

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

WarmOptions WarmOptionsOf(const ModelOptions& options,
                          const engine::ModelStamp& stamp) {
  return {
      .state_bytes = options.state_bytes,
      .layout = options.layout,
      .mixing = options.mixing,
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

base::Result<ReadyGenerator> MakeGenerator(const ModelOptions& options) {
  auto loaded = LoadModel(options);
  if (!loaded) return loaded.error();
  std::string description =
      fmt::format("{} ({} parameters) from {}, {} threads",
                  loaded->model->hyperparameters().name,
                  ParametersText(loaded->model->Parameters()),
                  loaded->path.string(), loaded->pool->size());
  if (!loaded->card.empty()) description += ", " + loaded->card;
  std::string warning;
  if (!loaded->card_problem.empty()) {
    warning = "the processor runs the model, not a graphics card: " +
              loaded->card_problem;
    description += "; " + warning;
  }
  std::string name = loaded->model->hyperparameters().name;
  const size_t threads = loaded->pool->size();
  auto generator =
      EngineGenerator::Create(std::move(loaded->model), std::move(loaded->pool),
                              WarmOptionsOf(options, loaded->stamp));
  if (!generator) return generator.error();
  return ReadyGenerator{.generator = std::move(*generator),
                        .name = std::move(name),
                        .description = std::move(description),
                        .threads = threads,
                        .warning = std::move(warning)};
}

}  // namespace krait::daemon
