// SPDX-License-Identifier: Apache-2.0
#include "engine/model/chat_hints.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <memory>
#include <system_error>
#include <utility>
#include <variant>

#include "engine/file/gguf.h"
#include "engine/file/json_file.h"
#include "engine/file/mapped_file.h"
#include "engine/model/gguf_split.h"

namespace krait::engine {
namespace {

using Path = std::filesystem::path;

// A number of a file, and where it may lie.
struct NumberRange {
  double least;
  double most;
};
constexpr NumberRange kTemperatures = {0, 100};
constexpr NumberRange kShares = {0, 1};
constexpr NumberRange kPenalties = {0.1, 10};

Error OutOfRange(const std::string& file, std::string_view key,
                 const NumberRange& range, double found) {
  return MakeError(
      ErrorCode::kBadFile,
      fmt::format("{}: '{}': expected a number from {} to {}, found {}", file,
                  key, range.least, range.most, found));
}

// Numbers that a writer may have as integers, too.
Result<std::optional<double>> FindNumber(const GgufFile& gguf,
                                         std::string_view key) {
  const GgufValue* value = gguf.Find(key);
  if (value == nullptr) return std::optional<double>();
  if (const auto* number = std::get_if<uint64_t>(value)) {
    return std::optional(static_cast<double>(*number));
  }
  if (const auto* number = std::get_if<int64_t>(value)) {
    return std::optional(static_cast<double>(*number));
  }
  return gguf.FindFloat(key);
}
Result<std::optional<double>> FindNumber(const JsonFields& fields,
                                         std::string_view key) {
  return fields.FindFloat(key);
}

// `Source` is one of these two.
template <class Source>
Status ReadNumber(const Source& source, const std::string& file,
                  std::string_view key, const NumberRange& range,
                  std::optional<float>* number) {
  const Result<std::optional<double>> value = FindNumber(source, key);
  if (!value) return value.error();
  if (!*value) return {};
  if (!(**value >= range.least && **value <= range.most)) {
    return OutOfRange(file, key, range, **value);
  }
  *number = static_cast<float>(**value);
  return {};
}

// Some writers say "all tokens" with a negative number.
template <class Source>
Status ReadTopK(const Source& source, std::string_view key,
                std::optional<size_t>* top_k) {
  const Result<std::optional<double>> value = FindNumber(source, key);
  if (!value) return value.error();
  if (!*value || std::isnan(**value)) return {};
  *top_k = **value > 0 && **value < 1e9 ? static_cast<size_t>(**value) : 0;
  return {};
}

struct SamplingKeys {
  std::string_view temperature;
  std::string_view top_k;
  std::string_view top_p;
  std::string_view min_p;
  std::string_view repetition_penalty;
};

template <class Source>
Status ReadSampling(const Source& source, const std::string& file,
                    const SamplingKeys& keys, SamplingHints* hints) {
  Status read = ReadTopK(source, keys.top_k, &hints->top_k);
  const auto number = [&](std::string_view key, const NumberRange& range,
                          std::optional<float>* to) {
    if (read) read = ReadNumber(source, file, key, range, to);
  };
  number(keys.temperature, kTemperatures, &hints->temperature);
  number(keys.top_p, kShares, &hints->top_p);
  number(keys.min_p, kShares, &hints->min_p);
  number(keys.repetition_penalty, kPenalties, &hints->repetition_penalty);
  return read;
}

Result<std::optional<std::string>> ReadWhole(const Path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    return std::optional<std::string>();
  }
  const Result<MappedFile> mapped = MappedFile::Open(file);
  if (!mapped) return mapped.error();
  return std::optional(std::string(mapped->bytes()));
}

Result<ChatHints> ReadHintsOfDirectory(const Path& directory) {
  ChatHints hints;
  auto jinja = ReadWhole(directory / "chat_template.jinja");
  if (!jinja) return jinja.error();
  hints.jinja = std::move(*jinja);
  if (!hints.jinja) {
    const Path file = directory / "tokenizer_config.json";
    const auto config = ReadWhole(file);
    if (!config) return config.error();
    if (*config) {
      auto found = ParseChatTemplate(**config, file.string());
      if (!found) return found.error();
      hints.jinja = std::move(*found);
    }
  }
  const Path file = directory / "generation_config.json";
  const auto generation = ReadWhole(file);
  if (!generation) return generation.error();
  if (!*generation) return hints;
  const auto sampling = ParseGenerationConfig(**generation, file.string());
  if (!sampling) return sampling.error();
  hints.sampling = *sampling;
  return hints;
}

}  // namespace

Result<ChatHints> ReadChatHints(const GgufFile& gguf) {
  ChatHints hints;
  auto jinja = gguf.FindString("tokenizer.chat_template");
  if (!jinja) return jinja.error();
  hints.jinja = std::move(*jinja);
  const SamplingKeys keys{
      .temperature = "general.sampling.temp",
      .top_k = "general.sampling.top_k",
      .top_p = "general.sampling.top_p",
      .min_p = "general.sampling.min_p",
      .repetition_penalty = "general.sampling.penalty_repeat"};
  const Status read = ReadSampling(gguf, gguf.name(), keys, &hints.sampling);
  if (!read) return read.error();
  return hints;
}

Result<ChatHints> ReadChatHints(const Path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return ReadHintsOfDirectory(path);
  }
  const auto gguf = GgufFile::Open(MetadataFile(path));
  if (!gguf) return gguf.error();
  return ReadChatHints(**gguf);
}

Result<SamplingHints> ParseGenerationConfig(std::string_view json,
                                            const std::string& name) {
  const auto file = JsonFile::Parse(json, name, JsonDialect::kPython);
  if (!file) return file.error();
  const JsonFields& root = (*file)->root();
  SamplingHints hints;
  const SamplingKeys keys{.temperature = "temperature",
                          .top_k = "top_k",
                          .top_p = "top_p",
                          .min_p = "min_p",
                          .repetition_penalty = "repetition_penalty"};
  const Status read = ReadSampling(root, name, keys, &hints);
  if (!read) return read.error();
  const auto draws = root.FindBool("do_sample");
  if (!draws) return draws.error();
  if (*draws && !**draws) hints.temperature = 0;
  return hints;
}

Result<std::optional<std::string>> ParseChatTemplate(std::string_view json,
                                                     const std::string& name) {
  constexpr std::string_view kKey = "chat_template";
  const auto file = JsonFile::Parse(json, name, JsonDialect::kPython);
  if (!file) return file.error();
  const JsonFields& root = (*file)->root();
  const auto field = root.Find(kKey);
  std::optional<std::string> none;
  if (!field) return none;
  if (!field->is_array()) return root.FindString(kKey);
  for (const auto element : simdjson::dom::array(*field)) {
    simdjson::dom::object one;
    std::string_view title;
    std::string_view text;
    if (element.get(one) != simdjson::SUCCESS ||
        one["name"].get(title) != simdjson::SUCCESS ||
        one["template"].get(text) != simdjson::SUCCESS) {
      return root.Mismatch(kKey, "a string, or an array of name and template");
    }
    if (title == "default") return std::optional(std::string(text));
  }
  return none;
}

}  // namespace krait::engine
