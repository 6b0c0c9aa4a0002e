// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/calibration_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <map>
#include <utility>

namespace krait::daemon {
namespace {

double ShareOf(size_t count, size_t all) {
  if (all == 0) return 0;
  return static_cast<double>(count) / static_cast<double>(all);
}

std::string ThresholdName(double threshold) {
  return std::isfinite(threshold) ? fmt::format(">= {:.2f}", threshold)
                                  : std::string("all");
}

boost::json::value ThresholdToJson(double threshold) {
  if (std::isfinite(threshold)) return threshold;
  return nullptr;
}

using LanguageChoices = std::map<std::string, Calibration::LanguageChoice>;

// A key of the model's file, and its value.
using Key = std::pair<std::string, double>;

std::vector<Key> KeysToWrite(const Calibration::Choice& general,
                             const LanguageChoices& languages,
                             const completion::ConfidenceThresholds& now) {
  const std::string prefix = "krait.confidence.";
  std::vector<Key> keys = {
      {prefix + "line", general.line.threshold},
      {prefix + "block", general.block.threshold},
      {prefix + "token", general.token},
      {prefix + "invoked_token", std::min(now.invoked_token, general.token)}};
  for (const auto& [name, language] : languages) {
    if (!language.own) continue;
    keys.emplace_back(prefix + name + ".line", language.own->line.threshold);
    keys.emplace_back(prefix + name + ".token", language.own->token);
  }
  return keys;
}

std::string LanguagesText(size_t places, const LanguageChoices& languages) {
  std::string text = "\nLines by language, with what suits all\n";
  text += ShownHead("language");
  for (const auto& [name, language] : languages) {
    text += ShownRow(name, places, language.with_general);
    if (!language.own) continue;
    text += ShownRow("  its own", places, language.own->line.count);
  }
  return text;
}

boost::json::object LanguagesToJson(size_t places,
                                    const LanguageChoices& languages) {
  boost::json::object json;
  for (const auto& [name, language] : languages) {
    boost::json::object object = ShownToJson(places, language.with_general);
    if (language.own) {
      object["own"] = ShownToJson(places, language.own->line.count);
    }
    json[name] = std::move(object);
  }
  return json;
}

}  // namespace

std::string ShownHead(const std::string& first_column) {
  return fmt::format("{:<14}{:>8}{:>8}{:>10}{:>14}{:>10}{:>12}\n", first_column,
                     "places", "shown", "shown %", "first word %", "right %",
                     "to its end %");
}

std::string ShownRow(const std::string& name, size_t places,
                     const ShownCount& count) {
  return fmt::format(
      "{:<14}{:>8}{:>8}{:>10.1f}{:>14.1f}{:>10.1f}{:>12.1f}\n", name, places,
      count.shown, 100 * ShareOf(count.shown, places),
      100 * count.Share(count.first_word), 100 * count.Share(count.whole),
      100 * count.Share(count.to_end));
}

boost::json::object ShownToJson(size_t places, const ShownCount& count) {
  boost::json::object json;
  json["places"] = places;
  json["shown"] = count.shown;
  json["shown_share"] = ShareOf(count.shown, places);
  json["first_word"] = count.Share(count.first_word);
  json["right"] = count.Share(count.whole);
  json["right_to_end"] = count.Share(count.to_end);
  return json;
}

std::string ThresholdTable(size_t places, std::span<const ThresholdRow> rows) {
  std::string text = ShownHead("mean logprob");
  for (const ThresholdRow& row : rows) {
    text += ShownRow(ThresholdName(row.threshold), places, row.count);
  }
  return text;
}

boost::json::array ThresholdsToJson(size_t places,
                                    std::span<const ThresholdRow> rows) {
  boost::json::array json;
  for (const ThresholdRow& row : rows) {
    boost::json::object object = ShownToJson(places, row.count);
    object["threshold"] = ThresholdToJson(row.threshold);
    json.push_back(std::move(object));
  }
  return json;
}

std::string CalibrationText(const Calibration& calibration, double right_share,
                            const completion::ConfidenceThresholds& now) {
  const auto choices = calibration.Choices(right_share);
  const size_t places = calibration.places();
  std::string text;
  const auto add = [&](const char* what, auto row_of) {
    text += fmt::format(
        "\n{}: for each threshold for tokens, the mean with which most that is "
        "right is shown while {:.0f} % of all is\n",
        what, 100 * right_share);
    text += "token    " + ShownHead("mean logprob");
    for (const Calibration::Choice& choice : choices) {
      const ThresholdRow& row = row_of(choice);
      text += fmt::format("{:<9}", std::isfinite(choice.token)
                                       ? fmt::format("{:.2f}", choice.token)
                                       : "all");
      text += ShownRow(ThresholdName(row.threshold), places, row.count);
    }
  };
  add(
      "Lines", [](const auto& choice) -> const auto& { return choice.line; });
  add(
      "Blocks", [](const auto& choice) -> const auto& { return choice.block; });
  const Calibration::Choice* const best = Calibration::Best(choices);
  if (best == nullptr) {
    return text + "\nNo thresholds make so much of what is shown right.\n";
  }
  const auto languages = calibration.ChoicesOfLanguages(right_share, *best);
  const size_t index = static_cast<size_t>(best - choices.data());
  text += "\nLines, with the best threshold for tokens\n";
  text += ThresholdTable(places, RowsByThreshold(calibration.lines(index)));
  text += LanguagesText(places, languages);
  text += "\nKeys for the model's file:\n";
  for (const auto& [key, value] : KeysToWrite(*best, languages, now)) {
    text += fmt::format("{}={:.2f}\n", key, value);
  }
  return text;
}

boost::json::object CalibrationToJson(
    const Calibration& calibration, double right_share,
    const completion::ConfidenceThresholds& now) {
  const auto choices = calibration.Choices(right_share);
  const size_t places = calibration.places();
  boost::json::object json;
  json["right_share"] = right_share;
  boost::json::array all;
  for (const Calibration::Choice& choice : choices) {
    boost::json::object object;
    object["token"] = ThresholdToJson(choice.token);
    for (const auto& [name, row] :
         {std::pair("line", choice.line), std::pair("block", choice.block)}) {
      boost::json::object part = ShownToJson(places, row.count);
      part["threshold"] = ThresholdToJson(row.threshold);
      object[name] = std::move(part);
    }
    all.push_back(std::move(object));
  }
  json["choices"] = std::move(all);
  const Calibration::Choice* const best = Calibration::Best(choices);
  if (best == nullptr) {
    json["keys"] = nullptr;
    return json;
  }
  const auto languages = calibration.ChoicesOfLanguages(right_share, *best);
  json["languages"] = LanguagesToJson(places, languages);
  boost::json::object keys;
  for (const auto& [key, value] : KeysToWrite(*best, languages, now)) {
    keys[key] = ThresholdToJson(value);
  }
  json["keys"] = std::move(keys);
  return json;
}

}  // namespace krait::daemon
