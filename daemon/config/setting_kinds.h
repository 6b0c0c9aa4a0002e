// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CONFIG_SETTING_KINDS_H_
#define KRAIT_DAEMON_CONFIG_SETTING_KINDS_H_

// Makes KnownSettings of the kinds that there are several of. Only
// known_settings.cc needs this.

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/config/known_settings.h"

namespace krait::daemon {

// Where a setting of a type lives; serves for reading and writing.
template <class T>
using Place = T& (*)(Config&);

template <class T>
const T& Read(Place<T> place, const Config& config) {
  return place(const_cast<Config&>(config));  // only read
}

// Returns the value as a number, whole or not.
std::optional<double> NumberOf(const SettingValue& value);

KnownSetting Flag(std::string key, SettingScope scope, Place<bool> place);
KnownSetting Count(std::string key, SettingScope scope, size_t least,
                   size_t most, Place<size_t> place);
// "512 MiB", "2GB", "1000000", 1000000
std::optional<size_t> BytesOf(const SettingValue& value);
KnownSetting Bytes(std::string key, SettingScope scope, Place<size_t> place);

template <class T>
KnownSetting Number(const std::string& key, SettingScope scope, double least,
                    double most, Place<T> place) {
  return {.key = key,
          .scope = scope,
          .expected = fmt::format("a number from {} to {}", least, most),
          .set =
              [=](const SettingValue& value, Config* config) {
                const auto number = NumberOf(value);
                if (!number || !(*number >= least && *number <= most)) {
                  return false;
                }
                place(*config) = static_cast<T>(*number);
                return true;
              },
          .get = [=](const Config& config) -> SettingValue {
            return static_cast<double>(Read(place, config));
          }};
}

template <class T>
KnownSetting Text(const std::string& key, SettingScope scope,
                  const std::string& expected, Place<T> place) {
  return {.key = key,
          .scope = scope,
          .expected = expected,
          .set =
              [=](const SettingValue& value, Config* config) {
                const auto* text = std::get_if<std::string>(&value);
                if (text == nullptr || text->find('\0') != std::string::npos) {
                  return false;
                }
                place(*config) = *text;
                return true;
              },
          .get = [=](const Config& config) -> SettingValue {
            return std::string(Read(place, config));
          }};
}

template <class T>
KnownSetting Choice(const std::string& key, SettingScope scope,
                    std::vector<std::pair<std::string, T>> names,
                    Place<T> place) {
  std::string expected = "one of";
  for (const auto& [name, value] : names) {
    expected += fmt::format("{} \"{}\"", expected == "one of" ? "" : ",", name);
  }
  return {.key = key,
          .scope = scope,
          .expected = std::move(expected),
          .set =
              [=](const SettingValue& value, Config* config) {
                const auto* text = std::get_if<std::string>(&value);
                if (text == nullptr) return false;
                for (const auto& [name, choice] : names) {
                  if (name != *text) continue;
                  place(*config) = choice;
                  return true;
                }
                return false;
              },
          .get = [=](const Config& config) -> SettingValue {
            for (const auto& [name, choice] : names) {
              if (choice == Read(place, config)) return name;
            }
            return {};
          }};
}

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CONFIG_SETTING_KINDS_H_
