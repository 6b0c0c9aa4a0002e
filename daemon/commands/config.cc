// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdlib>
#include <utility>

#include "base/json_text.h"
#include "daemon/config/known_settings.h"
#include "daemon/config/setting_texts.h"
#include "daemon/config/settings.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"

namespace krait::daemon {
namespace {

constexpr std::string_view kDefault = "default";

// The option --max-tokens sets completion.max_tokens.
bool IsOptionOf(std::string_view key, const std::string& option) {
  std::string name = option;
  std::ranges::replace(name, '-', '_');
  return key == name || key == "completion." + name;
}

std::string OriginOf(const KnownSetting& setting,
                     const ConfigArguments& arguments) {
  for (const std::string& option : arguments.options) {
    if (IsOptionOf(setting.key, option)) return "--" + option;
  }
  const auto& places = arguments.loaded.places;
  const auto place = places.find(setting.key);
  if (place != places.end()) return place->second;
  const char* variable = std::getenv("KRAIT_MODEL");
  if (setting.key == "model" && variable != nullptr && *variable != '\0') {
    return "KRAIT_MODEL";
  }
  return std::string(kDefault);
}

// An empty model is what that stands for.
SettingValue ValueOf(const KnownSetting& setting, const Config& config) {
  if (setting.key == "model" && config.model.model.empty()) {
    const auto found = FindModelOf(config.model);
    if (found) return found->string();
  }
  return setting.get(config);
}

int Status(const LoadedConfig& loaded) {
  const bool wrong = std::ranges::any_of(
      loaded.problems, [](const auto& problem) { return problem.is_error; });
  return FinishOutput(wrong ? kExitUser : kExitOk);
}

int RunJson(const ConfigArguments& arguments) {
  boost::json::object settings;
  for (const KnownSetting& setting : KnownSettings()) {
    boost::json::object one;
    one["value"] = ToJson(ValueOf(setting, arguments.loaded.config));
    one["origin"] = OriginOf(setting, arguments);
    one["expected"] = setting.expected;
    one["about"] = AboutSetting(setting.key);
    settings[setting.key] = std::move(one);
  }
  boost::json::object json;
  json["file"] = arguments.loaded.file.string();
  json["settings"] = std::move(settings);
  boost::json::array problems;
  for (const ConfigProblem& problem : arguments.loaded.problems) {
    problems.emplace_back(problem.message);
  }
  json["problems"] = std::move(problems);
  PrintLine(base::JsonText(json));
  return Status(arguments.loaded);
}

}  // namespace

int RunConfig(const ConfigArguments& arguments) {
  const LoadedConfig& loaded = arguments.loaded;
  for (const ConfigProblem& problem : loaded.problems) {
    PrintError(problem.message);
  }
  if (arguments.json) return RunJson(arguments);
  const std::filesystem::path place = ConfigHome() / "config.toml";
  PrintLine(loaded.file.empty()
                ? fmt::format("# no file: {} would be read", place.string())
                : fmt::format("# {}", loaded.file.string()));
  for (const KnownSetting& setting : KnownSettings()) {
    PrintLine(fmt::format("{:<30} {:<24} # {}", setting.key,
                          ToText(ValueOf(setting, loaded.config)),
                          OriginOf(setting, arguments)));
  }
  return Status(loaded);
}

}  // namespace krait::daemon
