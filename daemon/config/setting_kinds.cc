// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/setting_kinds.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <system_error>

namespace krait::daemon {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 46;

std::optional<size_t> ParseBytes(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, size_t>, 10> kUnits = {{
      {"", 1},
      {"B", 1},
      {"kB", 1000},
      {"MB", 1000 * 1000},
      {"GB", 1000 * 1000 * 1000},
      {"TB", size_t{1000} * 1000 * 1000 * 1000},
      {"KiB", size_t{1} << 10},
      {"MiB", size_t{1} << 20},
      {"GiB", size_t{1} << 30},
      {"TiB", size_t{1} << 40},
  }};
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !(number >= 0)) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto unit = std::find_if(
      kUnits.begin(), kUnits.end(),
      [text](const auto& candidate) { return candidate.first == text; });
  if (unit == kUnits.end()) return std::nullopt;
  const double bytes = number * static_cast<double>(unit->second);
  if (!(bytes <= static_cast<double>(kMaxBytes))) return std::nullopt;
  return static_cast<size_t>(bytes);
}

}  // namespace

std::optional<double> NumberOf(const SettingValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) {
    return static_cast<double>(*whole);
  }
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return std::nullopt;
}

KnownSetting Flag(std::string key, SettingScope scope, Place<bool> place) {
  return {.key = std::move(key),
          .scope = scope,
          .expected = "true or false",
          .set =
              [=](const SettingValue& value, Config* config) {
                const auto* flag = std::get_if<bool>(&value);
                if (flag == nullptr) return false;
                place(*config) = *flag;
                return true;
              },
          .get = [=](const Config& config) -> SettingValue {
            return Read(place, config);
          }};
}

KnownSetting Count(std::string key, SettingScope scope, size_t least,
                   size_t most, Place<size_t> place) {
  return {.key = std::move(key),
          .scope = scope,
          .expected = fmt::format("a whole number from {} to {}", least, most),
          .set =
              [=](const SettingValue& value, Config* config) {
                const auto* number = std::get_if<int64_t>(&value);
                if (number == nullptr || std::cmp_less(*number, least) ||
                    std::cmp_greater(*number, most)) {
                  return false;
                }
                place(*config) = static_cast<size_t>(*number);
                return true;
              },
          .get = [=](const Config& config) -> SettingValue {
            return static_cast<int64_t>(Read(place, config));
          }};
}

std::optional<size_t> BytesOf(const SettingValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return ParseBytes(*text);
  }
  const auto* number = std::get_if<int64_t>(&value);
  return number == nullptr ? std::nullopt : ParseBytes(std::to_string(*number));
}

KnownSetting Bytes(std::string key, SettingScope scope, Place<size_t> place) {
  return {.key = std::move(key),
          .scope = scope,
          .expected = "a number of bytes, such as 1000000 or \"1 GiB\"",
          .set =
              [=](const SettingValue& value, Config* config) {
                const std::optional<size_t> bytes = BytesOf(value);
                if (!bytes) return false;
                place(*config) = *bytes;
                return true;
              },
          .get = [=](const Config& config) -> SettingValue {
            return static_cast<int64_t>(Read(place, config));
          }};
}

}  // namespace krait::daemon
