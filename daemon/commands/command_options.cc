// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/command_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/gpu_options.h"
#include "engine/file/tensor.h"  // RunnableTypeNames

namespace krait::daemon {
namespace {

constexpr size_t kMaxThreads = 1024;

// Returns what is wrong with a threshold; empty: nothing.
std::string IsLogProbability(const std::string& text) {
  double value = 0;
  const bool number = CLI::detail::lexical_cast(text, value);
  return number && value <= 0 ? std::string()
                              : text + ": expected a number up to 0, or -inf";
}

}  // namespace

void AddJson(CLI::App* app, bool* json) {
  app->add_flag("--json", *json, "Print JSON");
}

void AddCount(CLI::App* app, const char* names, size_t* count, size_t most,
              const char* help) {
  app->add_option(names, *count, help)
      ->check(CLI::Range(size_t{1}, most))
      ->capture_default_str();
}

CLI::Option* AddModelName(CLI::App* app, std::string* model) {
  return app
      ->add_option("--model,-m", *model,
                   "The path of a .gguf file or of a directory with "
                   "safetensors (it has a /), or a name of `krait model list`; "
                   "default: config.toml's, $KRAIT_MODEL, then krait's own")
      ->type_name("M");
}

void AddModelOptions(CLI::App* app, ModelOptions* options) {
  AddModelName(app, &options->model)->each([options](const std::string&) {
    options->model_origin = "--model";
  });
  AddThreads(app, &options->threads);
  app->add_flag("--allow-large-model,!--no-allow-large-model",
                options->allow_large,
                "Also run a model that does not fit into memory");
  AddGpuOptions(app, &options->gpu);
}

void AddGpuOptions(CLI::App* app, GpuOptions* options) {
  app->add_option("--device", options->device,
                  fmt::format("What runs the model: {}", kDeviceChoices))
      ->each([options](const std::string& device) {
        options->required = device != "auto";
      });
  app->add_option_function<std::string>(
         "--gpu-layers",
         [options](const std::string& text) {
           (void)ParseLayers(text, &options->layers);
         },
         fmt::format("Layers that cards run, from the first on: {}",
                     kLayerChoices))
      ->check([](const std::string& text) -> std::string {
        std::optional<size_t> layers;
        if (ParseLayers(text, &layers)) return "";
        return fmt::format("expected {}, found {}", kLayerChoices, text);
      })
      ->type_name("N");
  app->add_option_function<std::string>(
         "--gpu-experts",
         [options](const std::string& where) {
           options->experts_on_processor = where == kProcessor;
         },
         "Where mixtures of experts run: card or cpu")
      ->check(CLI::IsMember({"card", "cpu"}));
  app->add_option("--gpu-state-memory", options->state_bytes,
                  "What warm states may take of each card's memory; default: "
                  "a share of what is free")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->type_name("BYTES");
}

void AddLayout(CLI::App* app, ModelOptions* options) {
  using engine::FimLayout;
  static constexpr std::array kLayouts = {
      FimLayout::kSpm, FimLayout::kPsm, FimLayout::kAnchoredPsm,
      FimLayout::kEmulated, FimLayout::kPrefix};
  app->add_option_function<std::string>(
         "--layout",
         [options](const std::string& name) {
           options->layout = *std::ranges::find(
               kLayouts, std::string_view(name), engine::FimLayoutName);
         },
         "Lay prompts out as spm, psm, anchored-psm, emulated or prefix, "
         "instead of as the model was trained")
      ->check([](const std::string& name) -> std::string {
        const bool known = std::ranges::any_of(kLayouts, [&name](FimLayout l) {
          return engine::FimLayoutName(l) == name;
        });
        return known ? ""
                     : "expected spm, psm, anchored-psm, emulated or prefix, "
                       "found " +
                           name;
      })
      ->type_name("NAME");
}

void AddThreads(CLI::App* app, size_t* threads) {
  app->add_option("--threads,-t", *threads,
                  "Threads to run the model on; 0: one per core")
      ->check(CLI::Range(size_t{0}, kMaxThreads))
      ->capture_default_str();
}

void AddQuantizeOptions(CLI::App* app, QuantizeArguments* arguments) {
  app->add_option("in", arguments->in, "What to read (GGUF)")
      ->required()
      ->type_name("IN");
  app->add_option("out", arguments->out, "What to write")
      ->required()
      ->type_name("OUT");
  app->add_option("--type", arguments->type,
                  "Type of the large matrices: " + engine::RunnableTypeNames())
      ->capture_default_str();
  AddThreads(app, &arguments->threads);
}

void AddStateBytes(CLI::App* app, ModelOptions* options) {
  app->add_option("--state-bytes", options->state_bytes,
                  "What warm states may take in memory; 0: nothing is kept")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->capture_default_str();
}

void AddSampling(CLI::App* app, completion::Sampling* options) {
  const auto share = CLI::Range(0.0F, 1.0F);
  app->add_option("--temperature", options->temperature,
                  "Randomness; 0: always the likeliest token")
      ->check(CLI::Range(0.0F, 100.0F))
      ->capture_default_str();
  app->add_option("--top-k", options->top_k,
                  "Draw from the K likeliest tokens; 0: from all")
      ->capture_default_str();
  app->add_option("--top-p", options->top_p,
                  "Draw from the likeliest tokens that make up P; 1: from all")
      ->check(share)
      ->capture_default_str();
  app->add_option("--min-p", options->min_p,
                  "Draw from tokens at least P times as likely as the best")
      ->check(share)
      ->capture_default_str();
  app->add_option("--repetition-penalty", options->repetition_penalty,
                  "Above 1: makes repetition less likely")
      ->check(CLI::Range(0.1F, 10.0F))
      ->capture_default_str();
  app->add_option("--seed", options->seed, "Seed of the draws")
      ->capture_default_str();
}

void AddContext(CLI::App* app, completion::CompletionOptions* options) {
  AddCount(app, "--max-tokens", &options->max_tokens, kMaxTokens,
           "The most tokens of a completion");
  AddCount(app, "--prefix-tokens", &options->limits.prefix_tokens, kMaxTokens,
           "The most tokens before the cursor that the model sees");
  app->add_option("--suffix-tokens", options->limits.suffix_tokens,
                  "The most tokens after the cursor that the model sees")
      ->check(CLI::Range(size_t{0}, kMaxTokens))
      ->capture_default_str();
}

void AddConfidence(CLI::App* app, completion::CompletionOptions* options) {
  app->add_option("--min-confidence", options->min_confidence,
                  "Show nothing whose tokens have a lower mean "
                  "log-probability; -inf: show all; default: what the model's "
                  "file says")
      ->check(IsLogProbability);
}

void AddFileMemory(CLI::App* app, completion::CompletionOptions* options) {
  app->add_flag("--file-memory,!--no-file-memory", options->file_memory,
                "Mix what the whole file says into the model's predictions, "
                "if the model was measured with it");
  app->add_flag("--repository-memory,!--no-repository-memory",
                options->repository_memory,
                "And what the other files of its repository say");
  app->add_option("--repository-context", options->context_tokens,
                  "Show the model so many tokens of what the repository's "
                  "other files have for the place; 0: none")
      ->check(CLI::Range(size_t{0}, kMaxTokens))
      ->capture_default_str();
}

void AddHealing(CLI::App* app, completion::CompletionOptions* options) {
  app->add_flag("--heal-tokens,!--no-heal-tokens", options->heal_tokens,
                "Let the model choose the tokens of the word at the cursor "
                "anew");
}

void AddExtentName(
    CLI::App* app, const char* help,
    const std::function<void(completion::CompletionExtent)>& set) {
  static constexpr std::array<
      std::pair<std::string_view, completion::CompletionExtent>, 3>
      kNames = {{{"auto", completion::CompletionExtent::kAuto},
                 {"line", completion::CompletionExtent::kLine},
                 {"block", completion::CompletionExtent::kBlock}}};
  const auto find = [](std::string_view name) {
    return std::ranges::find(kNames, name,
                             [](const auto& entry) { return entry.first; });
  };
  app->add_option_function<std::string>(
         "--extent",
         [set, find](const std::string& name) { set(find(name)->second); },
         help)
      ->check([find](const std::string& name) {
        return find(name) != kNames.end()
                   ? std::string()
                   : fmt::format("expected auto, line or block, got \"{}\"",
                                 name);
      })
      ->type_name("auto|line|block");
}

void AddExtent(CLI::App* app, completion::CompletionOptions* options) {
  AddExtentName(
      app,
      "How far to complete: auto (a line or a block, by the syntax at the "
      "cursor), line or block",
      [options](completion::CompletionExtent extent) {
        options->extent = extent;
      });
  AddCount(app, "--max-lines", &options->max_lines, kMaxTokens,
           "The most lines of a block");
}

}  // namespace krait::daemon
