// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/read_model_hints.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/file/gguf.h"
#include "engine/file/printable.h"
#include "engine/model/gguf_split.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;
using base::Result;
using base::Status;
using completion::ConfidenceThresholds;
using completion::ModelHints;
using engine::GgufArray;
using engine::GgufFile;

// Above any number of languages, and any name.
constexpr size_t kMaxLanguages = 1000;
constexpr size_t kMaxLanguageBytes = 64;

// Reads the logarithm of a probability, if the key is there.
Status ReadThreshold(const GgufFile& gguf, std::string_view key,
                     double* threshold) {
  const Result<std::optional<double>> value = gguf.FindFloat(key);
  if (!value) return value.error();
  if (!*value) return {};
  if (std::isnan(**value) || **value > 0) {
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("{}: key '{}': expected the logarithm of a probability, a "
                    "number up to 0, found {}",
                    gguf.name(), key, **value));
  }
  *threshold = **value;
  return {};
}

constexpr std::string_view kConfidence = "krait.confidence.";

// Reads the keys that begin with `prefix`.
Status ReadConfidence(const GgufFile& gguf, std::string_view prefix,
                      ConfidenceThresholds* thresholds) {
  struct Field {
    std::string_view name;
    double* value;
  };
  for (const Field& field :
       {Field{"line", &thresholds->line}, Field{"block", &thresholds->block},
        Field{"token", &thresholds->token},
        Field{"invoked_token", &thresholds->invoked_token}}) {
    const Status read = ReadThreshold(
        gguf, fmt::format("{}{}", prefix, field.name), field.value);
    if (!read) return read;
  }
  return {};
}

// Reads krait.confidence.NAME.* for each name that there is.
Status ReadConfidenceOfLanguages(const GgufFile& gguf, ModelHints* hints) {
  for (const std::string_view key : gguf.keys()) {
    if (!key.starts_with(kConfidence)) continue;
    const std::string_view rest = key.substr(kConfidence.size());
    const std::string_view name = rest.substr(0, rest.find('.'));
    if (name.size() == rest.size()) continue;
    if (name.empty() || name.size() > kMaxLanguageBytes ||
        hints->confidence_of.size() == kMaxLanguages) {
      continue;
    }
    const auto [place, is_new] =
        hints->confidence_of.try_emplace(std::string(name), hints->confidence);
    if (!is_new) continue;
    const Status read = ReadConfidence(
        gguf, fmt::format("{}{}.", kConfidence, name), &place->second);
    if (!read) return read;
  }
  return {};
}

Result<std::vector<std::string>> ReadNames(const GgufFile& gguf,
                                           std::string_view key) {
  const Result<const GgufArray*> array = gguf.FindArray(key);
  const bool of_strings = array && *array != nullptr &&
                          (*array)->strings.size() == (*array)->size() &&
                          (*array)->size() <= kMaxLanguages;
  std::vector<std::string> names;
  if (of_strings) {
    for (const std::string_view name : (*array)->strings) {
      if (name.empty() || name.size() > kMaxLanguageBytes) break;
      names.push_back(engine::Printable(name));
    }
    if (names.size() == (*array)->size()) return names;
  }
  return MakeError(
      ErrorCode::kBadFile,
      fmt::format("{}: key '{}': expected an array of at most {} "
                  "names of 1 to {} bytes",
                  gguf.name(), key, kMaxLanguages, kMaxLanguageBytes));
}

}  // namespace

Result<ModelHints> ReadModelHints(const GgufFile& gguf) {
  ModelHints hints;
  const Status confidence =
      ReadConfidence(gguf, kConfidence, &hints.confidence);
  if (!confidence) return confidence.error();
  const Status of_languages = ReadConfidenceOfLanguages(gguf, &hints);
  if (!of_languages) return of_languages.error();
  constexpr std::string_view kLanguages = "krait.languages";
  if (gguf.Find(kLanguages) == nullptr) return hints;
  auto languages = ReadNames(gguf, kLanguages);
  if (!languages) return languages.error();
  hints.languages = std::move(*languages);
  return hints;
}

Result<ModelHints> ReadModelHints(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return ModelHints{};
  const auto gguf = GgufFile::Open(engine::MetadataFile(path));
  if (!gguf) return gguf.error();
  return ReadModelHints(**gguf);
}

}  // namespace krait::daemon
