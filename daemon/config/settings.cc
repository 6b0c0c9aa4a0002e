// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/settings.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "daemon/config/known_settings.h"
#include "daemon/json_text.h"

namespace krait::daemon {
namespace {

namespace json = boost::json;

// More would be no settings but an attack.
constexpr size_t kMostSettings = 1000;

std::string Shown(const SettingValue& value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return "another kind"; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(int64_t number) const {
      return fmt::to_string(number);
    }
    std::string operator()(double number) const {
      return fmt::to_string(number);
    }
    std::string operator()(const std::string& text) const {
      constexpr size_t kMost = 40;
      return fmt::format("\"{}{}\"", text.substr(0, kMost),
                         text.size() > kMost ? "..." : "");
    }
    std::string operator()(const TextList&) const { return "a list"; }
    std::string operator()(const FlagTable&) const { return "a table"; }
  };
  return std::visit(Visitor(), value);
}

ConfigProblem Unknown(const Setting& setting, Config* config) {
  std::string message =
      fmt::format("{}: {}: unknown setting", setting.place, setting.key);
  const std::string_view nearest = NearestSetting(setting.key);
  if (!nearest.empty()) {
    message += fmt::format("; did you mean {}?", nearest);
  }
  // Its globs may be the keys of a table.
  const bool inside = setting.key.starts_with(kDisabledFiles);
  if (inside || nearest == kDisabledFiles) {
    config->rules.files.Distrust(message);
  }
  return {.is_error = false, .message = std::move(message)};
}

std::optional<ConfigProblem> Apply(const Setting& setting, SettingScope scope,
                                   Config* config) {
  const KnownSetting* known = FindSetting(setting.key);
  if (known == nullptr) return Unknown(setting, config);
  if (scope == SettingScope::kSession && known->scope != scope) {
    return ConfigProblem{
        .is_error = true,
        .message = fmt::format("{}: {}: all editors share it, so it is set in "
                               "{} only",
                               setting.place, setting.key,
                               (ConfigHome() / "config.toml").string())};
  }
  if (known->set(setting.value, config)) return std::nullopt;
  ConfigProblem problem{
      .is_error = true,
      .message =
          fmt::format("{}: {}: expected {}, got {}", setting.place, setting.key,
                      known->expected, Shown(setting.value))};
  if (known->on_wrong) known->on_wrong(problem.message, config);
  return problem;
}

// Lists of other things than texts, and tables of others than flags, are no
// setting's value.
SettingValue ListOf(const json::array& array) {
  TextList list;
  for (const json::value& item : array) {
    if (!item.is_string()) return {};
    list.emplace_back(item.get_string());
  }
  return list;
}

SettingValue TableOf(const json::object& object) {
  FlagTable table;
  for (const auto& entry : object) {
    if (!entry.value().is_bool()) return {};
    table.emplace(entry.key(), entry.value().get_bool());
  }
  return table;
}

SettingValue ValueOf(const json::value& value) {
  switch (value.kind()) {
    case json::kind::bool_:
      return value.get_bool();
    case json::kind::int64:
      return value.get_int64();
    case json::kind::uint64:  // beyond int64: too large for any setting
      return static_cast<double>(value.get_uint64());
    case json::kind::double_:
      return value.get_double();
    case json::kind::string:
      return std::string(value.get_string());
    case json::kind::array:
      return ListOf(value.get_array());
    case json::kind::object:
      return TableOf(value.get_object());
    default:
      return {};
  }
}

void Flatten(const json::object& object, const std::string& table,
             std::string_view place, std::vector<Setting>* settings) {
  for (const auto& entry : object) {
    if (settings->size() > kMostSettings) return;
    std::string key = table + std::string(entry.key());
    if (entry.value().is_object() && !IsTableSetting(key)) {
      Flatten(entry.value().get_object(), key + ".", place, settings);
    } else {
      settings->push_back({.key = std::move(key),
                           .value = ValueOf(entry.value()),
                           .place = std::string(place)});
    }
  }
}

}  // namespace

json::value ToJson(const SettingValue& value) {
  struct Visitor {
    json::value operator()(std::monostate) const { return nullptr; }
    json::value operator()(bool flag) const { return flag; }
    json::value operator()(int64_t number) const { return number; }
    json::value operator()(double number) const { return number; }
    json::value operator()(const std::string& text) const {
      return json::string(text);
    }
    json::value operator()(const TextList& list) const {
      return json::array(list.begin(), list.end());
    }
    json::value operator()(const FlagTable& table) const {
      json::object object;
      for (const auto& [name, flag] : table) object[name] = flag;
      return object;
    }
  };
  return std::visit(Visitor(), value);
}

std::string ToText(const SettingValue& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    return fmt::format("{:.6g}", *number);  // most are floats
  }
  const auto* table = std::get_if<FlagTable>(&value);
  if (table == nullptr) return JsonText(ToJson(value));
  std::string text;
  for (const auto& [name, flag] : *table) {
    text += fmt::format("{}\"{}\" = {}", text.empty() ? "" : ", ", name, flag);
  }
  return table->empty() ? "{}" : "{ " + text + " }";
}

std::vector<ConfigProblem> ApplySettings(std::span<const Setting> settings,
                                         SettingScope scope, Config* config) {
  std::vector<ConfigProblem> problems;
  for (const Setting& setting : settings) {
    if (auto problem = Apply(setting, scope, config)) {
      problems.push_back(*std::move(problem));
    }
  }
  return problems;
}

std::vector<Setting> SettingsOf(const json::object& object,
                                std::string_view place) {
  std::vector<Setting> settings;
  Flatten(object, "", place, &settings);
  return settings;
}

json::object SessionSettings(const Config& config) {
  json::object object;
  for (const KnownSetting& setting : KnownSettings()) {
    if (setting.scope != SettingScope::kSession) continue;
    const size_t dot = setting.key.find('.');
    json::value& table = object[setting.key.substr(0, dot)];
    if (!table.is_object()) table.emplace_object();
    table.get_object()[setting.key.substr(dot + 1)] =
        ToJson(setting.get(config));
  }
  return object;
}

std::vector<ConfigProblem> UnreadableSettings(std::string problem,
                                              Config* config) {
  config->rules.files.Distrust(problem);
  return {{.is_error = true, .message = std::move(problem)}};
}

std::vector<ConfigProblem> ApplySessionJson(std::string_view text,
                                            SettingsSection section,
                                            std::string_view place,
                                            Config* config) {
  json::error_code error;
  const json::value parsed =
      json::parse(json::string_view(text.data(), text.size()), error);
  if (error) {
    return UnreadableSettings(fmt::format("{}: {}", place, error.message()),
                              config);
  }
  if (parsed.is_null()) return {};
  // Clients written in Lua send an empty table as an array.
  if (parsed.is_array() && parsed.get_array().empty()) return {};
  const json::object* object = parsed.if_object();
  if (object != nullptr) {
    if (const json::value* krait = object->if_contains("krait")) {
      if (krait->is_null()) return {};
      object = krait->if_object();
    } else if (section == SettingsSection::kRequired) {
      return {};
    }
  }
  if (object == nullptr) {
    return UnreadableSettings(fmt::format("{}: expected an object", place),
                              config);
  }
  const std::vector<Setting> settings = SettingsOf(*object, place);
  if (settings.size() > kMostSettings) {
    return UnreadableSettings(
        fmt::format("{}: expected at most {} settings", place, kMostSettings),
        config);
  }
  return ApplySettings(settings, SettingScope::kSession, config);
}

}  // namespace krait::daemon
