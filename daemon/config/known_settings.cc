// SPDX-License-Identifier: Apache-2.0
//
// The list of all settings: what each is called, who may set it, what it takes
// and where it goes.
#include "daemon/config/known_settings.h"
#include "daemon/config/listen_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/config/remote_settings.h"
#include "daemon/config/setting_kinds.h"
#include "daemon/gpu_options.h"
#include "daemon/similar_name.h"

namespace krait::daemon {
namespace {

constexpr auto kProcess = SettingScope::kProcess;
constexpr auto kSession = SettingScope::kSession;
constexpr size_t kMaxThreads = 1024;
constexpr size_t kMaxDays = 36'500;
constexpr size_t kMaxTokens = size_t{1} << 20;

KnownSetting DebounceMs() {
  static constexpr int64_t kMost = 10'000;
  return {.key = "completion.debounce_ms",
          .scope = kSession,
          .expected = fmt::format("a whole number from 0 to {}", kMost),
          .set =
              [](const SettingValue& value, Config* config) {
                const auto* ms = std::get_if<int64_t>(&value);
                if (ms == nullptr || *ms < 0 || *ms > kMost) return false;
                config->rules.debounce = std::chrono::milliseconds(*ms);
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            return static_cast<int64_t>(config.rules.debounce.count());
          }};
}

KnownSetting Languages() {
  static constexpr size_t kMostLanguages = 200;
  static constexpr size_t kLongestLanguage = 50;
  return {.key = "completion.languages",
          .scope = kSession,
          .expected =
              "a table of LSP language ids, or \"*\" for all others, with true "
              "or false",
          .set =
              [](const SettingValue& value, Config* config) {
                // In Lua an empty table is an empty list.
                const auto* list = std::get_if<TextList>(&value);
                if (list != nullptr && list->empty()) {
                  config->rules.languages.clear();
                  return true;
                }
                const auto* table = std::get_if<FlagTable>(&value);
                if (table == nullptr || table->size() > kMostLanguages) {
                  return false;
                }
                for (const auto& [language, on] : *table) {
                  if (language.size() > kLongestLanguage) return false;
                }
                config->rules.languages = *table;
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            return config.rules.languages;
          }};
}

KnownSetting DisabledFiles() {
  static constexpr size_t kMost = 100;
  static constexpr size_t kLongest = 200;
  return {
      .key = std::string(kDisabledFiles),
      .scope = kSession,
      .expected = fmt::format("a list of at most {} globs of at most {} bytes",
                              kMost, kLongest),
      .set =
          [](const SettingValue& value, Config* config) {
            const auto* list = std::get_if<TextList>(&value);
            if (list == nullptr || list->size() > kMost) return false;
            for (const std::string& glob : *list) {
              if (glob.empty() || glob.size() > kLongest) return false;
            }
            return config->rules.files.Join(*list);
          },
      .get = [](const Config& config) -> SettingValue {
        // A list that nobody could read is passed on as one.
        if (!config.rules.files.trusted()) return {};
        return config.rules.files.globs();
      },
      .on_wrong =
          [](const std::string& problem, Config* config) {
            config->rules.files.Distrust(problem);
          }};
}

KnownSetting StateExclude() {
  static constexpr size_t kMost = 100;
  static constexpr size_t kLongest = 4096;
  return {
      .key = "state_exclude",
      .scope = kProcess,
      .expected = fmt::format("a list of at most {} globs of files or folders, "
                              "such as \"~/secret\"",
                              kMost),
      .set =
          [](const SettingValue& value, Config* config) {
            // Until it is right, nothing is saved.
            config->model.state_exclude = {"**"};
            const auto* list = std::get_if<TextList>(&value);
            if (list == nullptr || list->size() > kMost) return false;
            for (const std::string& glob : *list) {
              if (glob.empty() || glob.size() > kLongest) return false;
            }
            config->model.state_exclude = *list;
            return true;
          },
      .get = [](const Config& config) -> SettingValue {
        return config.model.state_exclude;
      }};
}

KnownSetting FimStopTokens() {
  static constexpr size_t kMost = 100;
  return {.key = "fim.stop_tokens",
          .scope = kProcess,
          .expected = fmt::format("a list of at most {} tokens", kMost),
          .set =
              [](const SettingValue& value, Config* config) {
                const auto* list = std::get_if<TextList>(&value);
                if (list == nullptr || list->size() > kMost ||
                    std::ranges::count(*list, std::string()) > 0) {
                  return false;
                }
                config->model.fim.stop_tokens = *list;
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            return config.model.fim.stop_tokens;
          }};
}

KnownSetting IdleMinutes() {
  constexpr double kMsPerMinute = 60000;
  constexpr double kMost = 60 * 24 * 365;
  return {.key = "idle_minutes",
          .scope = kProcess,
          .expected = fmt::format("a number from 0 (never) to {}", kMost),
          .set =
              [](const SettingValue& value, Config* config) {
                const auto minutes = NumberOf(value);
                if (!minutes || !(*minutes >= 0 && *minutes <= kMost)) {
                  return false;
                }
                config->idle_exit = std::chrono::milliseconds(
                    std::llround(std::ceil(*minutes * kMsPerMinute)));
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            return static_cast<double>(config.idle_exit.count()) / kMsPerMinute;
          }};
}

KnownSetting MinConfidence() {
  // No token is so unlikely: the same as kShowAll, in JSON.
  static constexpr double kLeast = -1000;
  static constexpr const char* kOfModel = "model";
  return {.key = "completion.min_confidence",
          .scope = kSession,
          .expected = fmt::format(
              "\"{}\" (what the model's file says), or a number from {} (show "
              "all) to 0: the least mean of the logarithms of the tokens' "
              "probabilities",
              kOfModel, kLeast),
          .set =
              [](const SettingValue& value, Config* config) {
                auto& confidence = config->completion.min_confidence;
                const auto* text = std::get_if<std::string>(&value);
                if (text != nullptr && *text == kOfModel) {
                  confidence.reset();
                  return true;
                }
                const auto number = NumberOf(value);
                if (!number || !(*number >= kLeast && *number <= 0)) {
                  return false;
                }
                confidence = *number == kLeast ? completion::kShowAll : *number;
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            const auto& confidence = config.completion.min_confidence;
            if (!confidence) return std::string(kOfModel);
            return std::max(kLeast, *confidence);
          }};
}

KnownSetting GpuLayers() {
  return {.key = "gpu.layers",
          .scope = kProcess,
          .expected = kLayerChoices,
          .set =
              [](const SettingValue& value, Config* config) {
                const auto* number = std::get_if<int64_t>(&value);
                const auto* text = std::get_if<std::string>(&value);
                const std::string said = number != nullptr
                                             ? fmt::to_string(*number)
                                         : text != nullptr ? *text
                                                           : std::string();
                return ParseLayers(said, &config->model.gpu.layers);
              },
          .get = [](const Config& config) -> SettingValue {
            return LayersText(config.model.gpu.layers);
          }};
}

KnownSetting GpuStateMemory() {
  static constexpr const char* kAuto = "auto";
  return {.key = "gpu.state_memory",
          .scope = kProcess,
          .expected = "\"auto\", or a number of bytes, such as \"2 GiB\"",
          .set =
              [](const SettingValue& value, Config* config) {
                auto& bytes = config->model.gpu.state_bytes;
                const auto* text = std::get_if<std::string>(&value);
                if (text != nullptr && *text == kAuto) {
                  bytes.reset();
                  return true;
                }
                const std::optional<size_t> number = BytesOf(value);
                if (!number) return false;
                bytes = number;
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            const auto& bytes = config.model.gpu.state_bytes;
            if (!bytes) return std::string(kAuto);
            return static_cast<int64_t>(*bytes);
          }};
}

std::vector<KnownSetting> ProcessSettings() {
  return {
      Text<std::string>(
          "model", kProcess, "a model's file, directory or name",
          [](Config & c) -> auto& { return c.model.model; }),
      Count(
          "threads", kProcess, 0, kMaxThreads,
          [](Config & c) -> auto& { return c.model.threads; }),
      Flag(
          "allow_large_model", kProcess,
          [](Config & c) -> auto& { return c.model.allow_large; }),
      Text<std::string>(
          "gpu.device", kProcess, kDeviceChoices,
          [](Config & c) -> auto& { return c.model.gpu.device; }),
      GpuLayers(),
      Choice<bool>(
          "gpu.experts", kProcess, {{"card", false}, {"cpu", true}},
          [](Config & c) -> auto& { return c.model.gpu.experts_on_processor; }),
      GpuStateMemory(),
      Bytes(
          "state_bytes", kProcess,
          [](Config & c) -> auto& { return c.model.state_bytes; }),
      Text<std::filesystem::path>(
          "state_dir", kProcess, "a directory, or \"\" to save no states",
          [](Config & c) -> auto& { return c.model.state_dir; }),
      Bytes(
          "state_disk_bytes", kProcess,
          [](Config & c) -> auto& { return c.model.state_disk_bytes; }),
      Count(
          "state_days", kProcess, 0, kMaxDays,
          [](Config & c) -> auto& { return c.model.state_days; }),
      StateExclude(),
      Choice<engine::MemoryMixing>(
          "memory_mixing", kProcess,
          {{"small", engine::MemoryMixing::kSmall},
           {"always", engine::MemoryMixing::kAlways},
           {"never", engine::MemoryMixing::kNever}},
          [](Config & c) -> auto& { return c.model.mixing; }),
      Choice<LogLevel>(
          "log_level", kProcess,
          {{"error", LogLevel::kError},
           {"warning", LogLevel::kWarning},
           {"info", LogLevel::kInfo},
           {"debug", LogLevel::kDebug}},
          [](Config & c) -> auto& { return c.log_level; }),
      IdleMinutes(),
      Flag(
          "statistics", kProcess,
          [](Config & c) -> auto& { return c.statistics; }),
  };
}

// What is said of the model's prompts in its place.
std::vector<KnownSetting> FimSettings() {
  using engine::FimTraining;
  static constexpr const char* kToken =
      "a token, as the model's vocabulary writes it, or \"\" for the model's";
  return {
      Choice<FimTraining>(
          "fim.order", kProcess,
          {{"model", FimTraining::kNone},
           {"spm", FimTraining::kSpm},
           {"psm", FimTraining::kPsm},
           {"both", FimTraining::kSpmAndPsm},
           {"emulated", FimTraining::kEmulated}},
          [](Config & c) -> auto& { return c.model.fim.order; }),
      Text<std::string>(
          "fim.prefix_token", kProcess, kToken,
          [](Config & c) -> auto& { return c.model.fim.prefix_token; }),
      Text<std::string>(
          "fim.suffix_token", kProcess, kToken,
          [](Config & c) -> auto& { return c.model.fim.suffix_token; }),
      Text<std::string>(
          "fim.middle_token", kProcess, kToken,
          [](Config & c) -> auto& { return c.model.fim.middle_token; }),
      Text<std::string>(
          "fim.file_token", kProcess, kToken,
          [](Config & c) -> auto& { return c.model.fim.file_token; }),
      Text<std::string>(
          "fim.file_separator_token", kProcess, kToken,
          [](Config & c) -> auto& { return c.model.fim.file_separator_token; }),
      Text<std::string>(
          "fim.repository_separator_token", kProcess, kToken,
          [](Config & c) -> auto& {
            return c.model.fim.repository_separator_token;
          }),
      FimStopTokens(),
  };
}

KnownSetting EmbeddingModel() {
  return Text<std::string>(
      "repository.embedding_model", kProcess,
      "a sentence encoder's file, directory or name, \"\" for that of the "
      "model that comes along, or \"none\"",
      [](Config & c) -> auto& { return c.repository.embedding_model; });
}

KnownSetting IndexOnBattery() {
  return Flag(
      "repository.index_on_battery", kProcess,
      [](Config & c) -> auto& { return c.repository.index_on_battery; });
}

KnownSetting HttpListen() {
  return {.key = "http.listen",
          .scope = kProcess,
          .expected =
              "an address and a port, such as \"127.0.0.1:8012\", or "
              "\"\" for none",
          .set =
              [](const SettingValue& value, Config* config) {
                const auto* text = std::get_if<std::string>(&value);
                if (text == nullptr ||
                    (!text->empty() && !ParseListenAddress(*text))) {
                  return false;
                }
                config->http.listen = *text;
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            return config.http.listen;
          }};
}

// "https://a.b" or "https://a.b:8443", as browsers write it.
bool IsOrigin(std::string_view text) {
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(colon + 3);
  return host.find('/') == std::string_view::npos && SplitHost(host);
}

KnownSetting HttpAllowedOrigins() {
  static constexpr size_t kMost = 50;
  return {.key = "http.allowed_origins",
          .scope = kProcess,
          .expected = fmt::format(
              "a list of at most {} origins, such as \"https://example.org\"",
              kMost),
          .set =
              [](const SettingValue& value, Config* config) {
                const auto* list = std::get_if<TextList>(&value);
                if (list == nullptr || list->size() > kMost ||
                    !std::ranges::all_of(*list, IsOrigin)) {
                  return false;
                }
                config->http.allowed_origins = *list;
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            return config.http.allowed_origins;
          }};
}

// Who mistypes what asks everybody asks everybody.
KnownSetting HttpToken() {
  KnownSetting setting = Choice<bool>(
      "http.token", kProcess, {{"others", false}, {"always", true}},
      [](Config & c) -> auto& { return c.http.token_always; });
  setting.on_wrong = [](const std::string& /*problem*/, Config* config) {
    config->http.token_always = true;
  };
  return setting;
}

std::vector<KnownSetting> HttpSettings() {
  return {EmbeddingModel(), IndexOnBattery(), HttpListen(), HttpToken(),
          HttpAllowedOrigins()};
}

std::vector<KnownSetting> RuleSettings() {
  return {
      Flag(
          "completion.enabled", kSession,
          [](Config & c) -> auto& { return c.rules.enabled; }),
      Languages(),
      DisabledFiles(),
      Choice<completion::CompletionTrigger>(
          "completion.trigger", kSession,
          {{"automatic", completion::CompletionTrigger::kAutomatic},
           {"on_demand", completion::CompletionTrigger::kOnDemand}},
          [](Config & c) -> auto& { return c.rules.trigger; }),
      DebounceMs(),
      Flag(
          "completion.menu_item", kSession,
          [](Config & c) -> auto& { return c.rules.menu_item; }),
      Flag(
          "completion.prefetch", kSession,
          [](Config & c) -> auto& { return c.rules.prefetch; }),
  };
}

std::vector<KnownSetting> CompletionSettings() {
  return {
      Count(
          "completion.max_tokens", kSession, 1, kMaxTokens,
          [](Config & c) -> auto& { return c.completion.max_tokens; }),
      Count(
          "completion.max_lines", kSession, 1, kMaxTokens,
          [](Config & c) -> auto& { return c.completion.max_lines; }),
      Choice<completion::CompletionExtent>(
          "completion.extent", kSession,
          {{"auto", completion::CompletionExtent::kAuto},
           {"line", completion::CompletionExtent::kLine},
           {"block", completion::CompletionExtent::kBlock}},
          [](Config & c) -> auto& { return c.completion.extent; }),
      Count(
          "completion.prefix_tokens", kSession, 1, kMaxTokens,
          [](Config & c) -> auto& {
            return c.completion.limits.prefix_tokens;
          }),
      Count(
          "completion.suffix_tokens", kSession, 0, kMaxTokens,
          [](Config & c) -> auto& {
            return c.completion.limits.suffix_tokens;
          }),
      Count(
          "completion.pause_tokens", kSession, 0, kMaxTokens,
          [](Config & c) -> auto& { return c.completion.limits.pause_tokens; }),
      Flag(
          "completion.file_memory", kSession,
          [](Config & c) -> auto& { return c.completion.file_memory; }),
      Flag(
          "completion.repository_memory", kSession,
          [](Config & c) -> auto& { return c.completion.repository_memory; }),
      Count(
          "completion.repository_context", kSession, 0, kMaxTokens,
          [](Config & c) -> auto& { return c.completion.context_tokens; }),
      MinConfidence(),
  };
}

std::vector<KnownSetting> SamplingSettings() {
  return {
      Number<float>(
          "completion.temperature", kSession, 0, 100, [](Config & c) -> auto& {
            return c.completion.sampling.temperature;
          }),
      Count(
          "completion.top_k", kSession, 0, kMaxTokens,
          [](Config & c) -> auto& { return c.completion.sampling.top_k; }),
      Number<float>(
          "completion.top_p", kSession, 0, 1,
          [](Config & c) -> auto& { return c.completion.sampling.top_p; }),
      Number<float>(
          "completion.min_p", kSession, 0, 1,
          [](Config & c) -> auto& { return c.completion.sampling.min_p; }),
      Number<float>(
          "completion.repetition_penalty", kSession, 0.1, 10,
          [](Config & c) -> auto& {
            return c.completion.sampling.repetition_penalty;
          }),
  };
}

std::string_view LastPart(std::string_view key) {
  const size_t dot = key.rfind('.');
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

}  // namespace

const std::vector<KnownSetting>& KnownSettings() {
  static const auto* const settings = [] {
    auto* all = new std::vector<KnownSetting>(ProcessSettings());
    for (auto&& part :
         {FimSettings(), HttpSettings(), EngineElsewhereSettings(),
          RuleSettings(), CompletionSettings(), SamplingSettings()}) {
      all->insert(all->end(), part.begin(), part.end());
    }
    return all;
  }();
  return *settings;
}

const KnownSetting* FindSetting(std::string_view key) {
  for (const KnownSetting& setting : KnownSettings()) {
    if (setting.key == key) return &setting;
  }
  return nullptr;
}

bool IsTableSetting(std::string_view key) {
  const KnownSetting* setting = FindSetting(key);
  return setting != nullptr &&
         std::holds_alternative<FlagTable>(setting->get(Config()));
}

std::string_view NearestSetting(std::string_view key) {
  constexpr size_t kLongest = 64;
  if (key.size() > kLongest) return {};
  std::string_view nearest;
  size_t least = kMostMistypes + 1;
  for (const KnownSetting& setting : KnownSettings()) {
    // The table is often what was forgotten.
    const size_t distance =
        std::min(EditDistance(key, setting.key),
                 EditDistance(LastPart(key), LastPart(setting.key)));
    if (distance >= least) continue;
    least = distance;
    nearest = setting.key;
  }
  return nearest;
}

}  // namespace krait::daemon
