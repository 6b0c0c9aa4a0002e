// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/remote_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>

#include "daemon/config/setting_kinds.h"
#include "daemon/remote/settings.h"

namespace krait::daemon {
namespace {

constexpr auto kFileOnly = SettingScope::kProcess;

KnownSetting RemoteUrl() {
  return {
      .key = "remote.url",
      .scope = kFileOnly,
      .expected =
          "an address such as \"http://127.0.0.1:8000\", without a user or "
          "a query, or \"\" for none",
      .set =
          [](const SettingValue& value, Config* config) {
            const auto* text = std::get_if<std::string>(&value);
            if (text == nullptr || (!text->empty() && !remote::BaseOf(*text))) {
              return false;
            }
            config->remote.url = *text;
            return true;
          },
      .get = [](const Config& config) -> SettingValue {
        return config.remote.url;
      }};
}

// The name of a variable, not what is in it: who writes the key itself there
// has it refused, and not shown.
KnownSetting RemoteKeyEnv() {
  return {.key = "remote.key_env",
          .scope = kFileOnly,
          .expected =
              "the name of the environment variable that holds the key, such "
              "as \"MISTRAL_API_KEY\", or \"\"",
          .set =
              [](const SettingValue& value, Config* config) {
                const auto* text = std::get_if<std::string>(&value);
                constexpr size_t kLongest = 100;
                const bool is_name =
                    text != nullptr && text->size() <= kLongest &&
                    std::ranges::all_of(*text, [](char c) {
                      return (c >= 'A' && c <= 'Z') || c == '_' ||
                             (c >= '0' && c <= '9');
                    });
                if (!is_name) return false;
                config->remote.key_env = *text;
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            return config.remote.key_env;
          },
          .shown = false};
}

KnownSetting RemoteFor() {
  return {.key = "remote.for",
          .scope = kFileOnly,
          .expected = "a list of \"completion\" and \"chat\"",
          .set =
              [](const SettingValue& value, Config* config) {
                const auto* list = std::get_if<TextList>(&value);
                if (list == nullptr) return false;
                const bool known = std::ranges::all_of(*list, [](auto& use) {
                  return use == "completion" || use == "chat";
                });
                if (!known) return false;
                const auto has = [list](const char* use) {
                  return std::ranges::find(*list, use) != list->end();
                };
                config->remote.completion = has("completion");
                config->remote.chat = has("chat");
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            TextList list;
            if (config.remote.completion) list.emplace_back("completion");
            if (config.remote.chat) list.emplace_back("chat");
            return list;
          }};
}

KnownSetting RemoteWorkspaces() {
  static constexpr size_t kMost = 100;
  static constexpr size_t kLongest = 4096;
  return {.key = "remote.workspaces",
          .scope = kFileOnly,
          .expected = fmt::format("a list of at most {} folders, such as "
                                  "\"~/src/app\"",
                                  kMost),
          .set =
              [](const SettingValue& value, Config* config) {
                const auto* list = std::get_if<TextList>(&value);
                if (list == nullptr || list->size() > kMost) return false;
                for (const std::string& folder : *list) {
                  const bool is_absolute =
                      folder.starts_with('/') || folder.starts_with("~/");
                  if (!is_absolute || folder.size() > kLongest) return false;
                }
                config->remote.workspaces = *list;
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            return config.remote.workspaces;
          }};
}

KnownSetting RemoteFim() {
  return {.key = "remote.fim_template",
          .scope = kFileOnly,
          .expected =
              "a text with {prefix} and {suffix}, each once, or \"\" for the "
              "field `suffix`",
          .set =
              [](const SettingValue& value, Config* config) {
                const auto* text = std::get_if<std::string>(&value);
                constexpr size_t kLongest = 1000;
                if (text == nullptr || text->size() > kLongest ||
                    (!text->empty() && !remote::IsFimTemplate(*text))) {
                  return false;
                }
                config->remote.fim_template = *text;
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            return config.remote.fim_template;
          }};
}

// A time within bounds, in whole units of `Unit`.
template <class Unit>
KnownSetting RemoteWait(const std::string& key, int64_t least, int64_t most,
                        Place<std::chrono::milliseconds> place) {
  return {.key = key,
          .scope = kFileOnly,
          .expected = fmt::format("a whole number from {} to {}", least, most),
          .set =
              [=](const SettingValue& value, Config* config) {
                const auto* number = std::get_if<int64_t>(&value);
                if (number == nullptr || *number < least || *number > most) {
                  return false;
                }
                place(*config) = Unit(*number);
                return true;
              },
          .get = [=](const Config& config) -> SettingValue {
            return static_cast<int64_t>(
                std::chrono::duration_cast<Unit>(Read(place, config)).count());
          }};
}

// Holds wherever it is set: what one place keeps here no other sends.
KnownSetting LocalOnly() {
  KnownSetting setting = Flag(
      "completion.local_only", SettingScope::kSession,
      [](Config & c) -> auto& { return c.rules.local_only; });
  setting.set = [](const SettingValue& value, Config* config) {
    const auto* flag = std::get_if<bool>(&value);
    if (flag == nullptr) return false;
    config->rules.local_only = config->rules.local_only || *flag;
    return true;
  };
  // Who meant to forbid it has.
  setting.on_wrong = [](const std::string& /*problem*/, Config* config) {
    config->rules.local_only = true;
  };
  return setting;
}

}  // namespace

std::vector<KnownSetting> EngineElsewhereSettings() {
  return {
      RemoteUrl(),
      Choice<remote::EngineKind>(
          "remote.kind", kFileOnly,
          {{"openai", remote::EngineKind::kOpenAi},
           {"mistral", remote::EngineKind::kMistral},
           {"llama.cpp", remote::EngineKind::kLlama}},
          [](Config & c) -> auto& { return c.remote.kind; }),
      Text<std::string>(
          "remote.model", kFileOnly, "the model's name there, or \"\"",
          [](Config & c) -> auto& { return c.remote.model; }),
      RemoteKeyEnv(),
      RemoteFor(),
      RemoteWorkspaces(),
      RemoteFim(),
      RemoteWait<std::chrono::milliseconds>(
          "remote.completion_wait_ms", 50, 60'000,
          [](Config & c) -> auto& { return c.remote.completion_wait; }),
      RemoteWait<std::chrono::seconds>(
          "remote.timeout_seconds", 1, 3600,
          [](Config & c) -> auto& { return c.remote.timeout; }),
      LocalOnly(),
  };
}

}  // namespace krait::daemon
