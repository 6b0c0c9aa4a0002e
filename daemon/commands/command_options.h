// SPDX-License-Identifier: Apache-2.0
//
// The options that several commands have in common. Each function binds some to
// values whose present ones are the defaults, and which must outlive `app`.
#ifndef KRAIT_DAEMON_COMMANDS_COMMAND_OPTIONS_H_
#define KRAIT_DAEMON_COMMANDS_COMMAND_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <string>

#include "daemon/commands/model_quantize.h"
#include "daemon/completion/completion_service.h"
#include "daemon/completion/generator/sampling.h"
#include "daemon/loaded_model.h"

namespace krait::daemon {

inline constexpr size_t kMaxTokens = size_t{1} << 20;
inline constexpr size_t kMaxLines = 1'000'000;
inline constexpr size_t kMaxPlaces = 1'000'000;

void AddJson(CLI::App* app, bool* json);

// A number from 1 to `most`.
void AddCount(CLI::App* app, const char* names, size_t* count, size_t most,
              const char* help);

CLI::Option* AddModelName(CLI::App* app, std::string* model);
// The model, its threads, and whether it may be larger than memory.
void AddModelOptions(CLI::App* app, ModelOptions* options);
void AddGpuOptions(CLI::App* app, GpuOptions* options);
void AddStateBytes(CLI::App* app, ModelOptions* options);
// --layout: how prompts are laid out.
void AddLayout(CLI::App* app, ModelOptions* options);
// The threads alone.
void AddThreads(CLI::App* app, size_t* threads);
void AddQuantizeOptions(CLI::App* app, QuantizeArguments* arguments);

void AddSampling(CLI::App* app, completion::Sampling* options);
void AddContext(CLI::App* app, completion::CompletionOptions* options);
void AddConfidence(CLI::App* app, completion::CompletionOptions* options);
void AddFileMemory(CLI::App* app, completion::CompletionOptions* options);
void AddHealing(CLI::App* app, completion::CompletionOptions* options);
void AddExtent(CLI::App* app, completion::CompletionOptions* options);
// --extent, whatever it is for.
void AddExtentName(
    CLI::App* app, const char* help,
    const std::function<void(completion::CompletionExtent)>& set);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_COMMAND_OPTIONS_H_
