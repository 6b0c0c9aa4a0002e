// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/settings.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/json_text.h"
#include "base/json_value.h"
#include "daemon/config/known_settings.h"

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
                      known->expected,
                      known->shown ? Shown(setting.value) : "another text")};
  if (known->on_wrong) known->on_wrong(problem.message, config);
  return problem;
}

// Lists of other things than texts, and tables of others than flags, are no
// setting's value.
SettingValue ListOf(const base::JsonValue& json) {
  TextList list;
  if (!FromJson(json, &list)) return {};
  return list;
}

SettingValue TableOf(const base::JsonValue& json) {
  FlagTable table;
  bool sound = true;
  base::ObjectReader(json).ForEach(
      [&](std::string_view name, const base::JsonValue& value) {
        bool flag = false;
        sound = sound && static_cast<bool>(FromJson(value, &flag));
        table.emplace(name, flag);
      });
  if (!sound) return {};
  return table;
}

SettingValue ValueOf(const base::JsonValue& json) {
  using Type = simdjson::dom::element_type;
  const simdjson::dom::element value = json.element();
  switch (value.type()) {
    case Type::BOOL:
      return value.get_bool().value_unsafe();
    case Type::INT64:
      return value.get_int64().value_unsafe();
    case Type::UINT64:  // beyond int64: too large for any setting
    case Type::DOUBLE:
      return value.get_double().value_unsafe();
    case Type::STRING:
      return std::string(value.get_string().value_unsafe());
    case Type::ARRAY:
      return ListOf(json);
    case Type::OBJECT:
      return TableOf(json);
    case Type::NULL_VALUE:
      return {};
  }
  return {};
}

// Adds the settings of an object, nested objects as tables; one that is a
// setting by itself (a FlagTable) as a value.
void Flatten(const base::JsonValue& object, const std::string& table,
             std::string_view place, std::vector<Setting>* settings) {
  base::ObjectReader(object).ForEach(
      [&](std::string_view name, const base::JsonValue& value) {
        if (settings->size() > kMostSettings) return;
        std::string key = table + std::string(name);
        if (value.element().is_object() && !IsTableSetting(key)) {
          Flatten(value, key + ".", place, settings);
        } else {
          settings->push_back({.key = std::move(key),
                               .value = ValueOf(value),
                               .place = std::string(place)});
        }
      });
}

// The settings in what was sent: missing if there are none.
base::JsonValue SectionOf(const base::JsonValue& sent,
                          SettingsSection section) {
  const base::ObjectReader object(sent);
  if (!object.status()) return sent;
  const base::JsonValue krait = object.Field("krait");
  const bool whole = krait.IsMissing() && section == SettingsSection::kOptional;
  return whole ? sent : krait;
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
  if (table == nullptr) return base::JsonText(ToJson(value));
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
  const auto wrong = [&](const base::Error& error) {
    return UnreadableSettings(base::InText(place, error).message, config);
  };
  const auto document = base::JsonDocument::Parse(text);
  if (!document) return wrong(document.error());
  const base::JsonValue sent = SectionOf(document->root(), section);
  if (sent.IsMissingOrNull()) return {};
  const base::ObjectReader object(sent);
  if (!object.status()) return wrong(object.status().error());
  std::vector<Setting> settings;
  Flatten(sent, "", place, &settings);
  if (settings.size() > kMostSettings) {
    return UnreadableSettings(
        fmt::format("{}: expected at most {} settings", place, kMostSettings),
        config);
  }
  return ApplySettings(settings, SettingScope::kSession, config);
}

}  // namespace krait::daemon
