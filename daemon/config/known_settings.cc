// SPDX-License-Identifier: Apache-2.0
//
// The list of all settings: what each is called, who may set it, what it takes
// and where it goes.
#include "daemon/config/known_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace krait::daemon {
namespace {

constexpr auto kProcess = SettingScope::kProcess;
constexpr auto kSession = SettingScope::kSession;
constexpr size_t kMaxThreads = 1024;
constexpr size_t kMaxTokens = size_t{1} << 20;
constexpr size_t kMaxBytes = size_t{1} << 46;

// Where a setting of a type lives; serves for reading and writing.
template <class T>
using Place = T& (*)(Config&);

template <class T>
const T& Read(Place<T> place, const Config& config) {
  return place(const_cast<Config&>(config));  // only read
}

std::optional<double> NumberOf(const SettingValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) {
    return static_cast<double>(*whole);
  }
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return std::nullopt;
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

template <class T>
KnownSetting Number(std::string key, SettingScope scope, double least,
                    double most, Place<T> place) {
  return {.key = std::move(key),
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

// "512 MiB", "2GB", "1000000"
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

KnownSetting Bytes(std::string key, Place<size_t> place) {
  return {.key = std::move(key),
          .scope = kProcess,
          .expected = "a number of bytes, such as 1000000 or \"1 GiB\"",
          .set =
              [=](const SettingValue& value, Config* config) {
                std::optional<size_t> bytes;
                if (const auto* text = std::get_if<std::string>(&value)) {
                  bytes = ParseBytes(*text);
                } else if (const auto* number = std::get_if<int64_t>(&value)) {
                  bytes = ParseBytes(std::to_string(*number));
                }
                if (!bytes) return false;
                place(*config) = *bytes;
                return true;
              },
          .get = [=](const Config& config) -> SettingValue {
            return static_cast<int64_t>(Read(place, config));
          }};
}

template <class T>
KnownSetting Text(std::string key, std::string expected, Place<T> place) {
  return {.key = std::move(key),
          .scope = kProcess,
          .expected = std::move(expected),
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
KnownSetting Choice(std::string key, SettingScope scope,
                    std::vector<std::pair<std::string, T>> names,
                    Place<T> place) {
  std::string expected = "one of";
  for (const auto& [name, value] : names) {
    expected += fmt::format("{} \"{}\"", expected == "one of" ? "" : ",", name);
  }
  return {.key = std::move(key),
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
  return {.key = "completion.min_confidence",
          .scope = kSession,
          .expected = fmt::format(
              "a number from {} (show all) to 0: the least mean of the "
              "logarithms of the tokens' probabilities",
              kLeast),
          .set =
              [](const SettingValue& value, Config* config) {
                const auto number = NumberOf(value);
                if (!number || !(*number >= kLeast && *number <= 0)) {
                  return false;
                }
                config->completion.min_confidence =
                    *number == kLeast ? kShowAll : *number;
                return true;
              },
          .get = [](const Config& config) -> SettingValue {
            return std::max(kLeast, config.completion.min_confidence);
          }};
}

std::vector<KnownSetting> ProcessSettings() {
  return {
      Text<std::string>(
          "model", "a model's file, directory or name",
          [](Config & c) -> auto& { return c.model.model; }),
      Count(
          "threads", kProcess, 0, kMaxThreads,
          [](Config & c) -> auto& { return c.model.threads; }),
      Bytes(
          "state_bytes",
          [](Config & c) -> auto& { return c.model.state_bytes; }),
      Text<std::filesystem::path>(
          "state_dir", "a directory, or \"\" to save no states",
          [](Config & c) -> auto& { return c.model.state_dir; }),
      Bytes(
          "state_disk_bytes",
          [](Config & c) -> auto& { return c.model.state_disk_bytes; }),
      Choice<LogLevel>(
          "log_level", kProcess,
          {{"error", LogLevel::kError},
           {"warning", LogLevel::kWarning},
           {"info", LogLevel::kInfo},
           {"debug", LogLevel::kDebug}},
          [](Config & c) -> auto& { return c.log_level; }),
      IdleMinutes(),
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
      Choice<CompletionExtent>(
          "completion.extent", kSession,
          {{"auto", CompletionExtent::kAuto},
           {"line", CompletionExtent::kLine},
           {"block", CompletionExtent::kBlock}},
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
      MinConfidence(),
  };
}

std::vector<KnownSetting> SamplingSettings() {
  return {
      Number<float>(
          "completion.temperature", kSession, 0, 100,
          [](Config & c) -> auto& { return c.completion.sampler.temperature; }),
      Count(
          "completion.top_k", kSession, 0, kMaxTokens,
          [](Config & c) -> auto& { return c.completion.sampler.top_k; }),
      Number<float>(
          "completion.top_p", kSession, 0, 1,
          [](Config & c) -> auto& { return c.completion.sampler.top_p; }),
      Number<float>(
          "completion.min_p", kSession, 0, 1,
          [](Config & c) -> auto& { return c.completion.sampler.min_p; }),
      Number<float>(
          "completion.repetition_penalty", kSession, 0.1, 10,
          [](Config & c) -> auto& {
            return c.completion.sampler.repetition_penalty;
          }),
  };
}

// Returns how many characters must be inserted, deleted or replaced.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string_view LastPart(std::string_view key) {
  const size_t dot = key.rfind('.');
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

}  // namespace

const std::vector<KnownSetting>& KnownSettings() {
  static const auto* const settings = [] {
    auto* all = new std::vector<KnownSetting>(ProcessSettings());
    for (auto&& part : {CompletionSettings(), SamplingSettings()}) {
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

std::string_view NearestSetting(std::string_view key) {
  constexpr size_t kLongest = 64;
  constexpr size_t kSimilar = 3;
  if (key.size() > kLongest) return {};
  std::string_view nearest;
  size_t least = kSimilar + 1;
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
