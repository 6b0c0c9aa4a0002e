// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/json_pipeline.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "engine/tokenizer/sentencepiece_tables.h"  // kSpaceMark

namespace krait::engine {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

std::string_view StringAt(object from, std::string_view key) {
  std::string_view text;
  return from[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

bool BoolAt(object from, std::string_view key, bool fallback) {
  bool value = false;
  return from[key].get(value) == simdjson::SUCCESS ? value : fallback;
}

class PipelineReader {
 public:
  explicit PipelineReader(const JsonFields& root) : root_(root) {}

  Result<JsonPipeline> Read() {
    Status status =
        ForEachStep("normalizer", "normalizers", &PipelineReader::Normalizer);
    if (!status) return status.error();
    status = ForEachStep("pre_tokenizer", "pretokenizers",
                         &PipelineReader::PreTokenizerStep);
    if (!status) return status.error();
    status = ForEachStep("post_processor", "processors",
                         &PipelineReader::PostProcessor);
    if (!status) return status.error();
    return std::move(pipeline_);
  }

 private:
  using Handler = Status (PipelineReader::*)(object step,
                                             std::string_view type);

  // Calls the handler for the field's object, or for each of a Sequence.
  Status ForEachStep(std::string_view field, std::string_view list,
                     Handler handler) {
    auto found = root_.FindObject(field);
    if (!found) return found.error();
    if (!*found) return {};
    const object step = (*found)->object();
    const std::string_view type = StringAt(step, "type");
    if (type != "Sequence") return (this->*handler)(step, type);
    array steps;
    if (step[list].get(steps) != simdjson::SUCCESS) {
      return root_.Wrong(field, fmt::format("expected an array '{}'", list));
    }
    for (const element each : steps) {
      object inner;
      if (each.get(inner) != simdjson::SUCCESS) {
        return root_.Wrong(field,
                           fmt::format("expected objects in '{}'", list));
      }
      auto status = (this->*handler)(inner, StringAt(inner, "type"));
      if (!status) return status;
    }
    return {};
  }

  Status Normalizer(object step, std::string_view type) {
    if (type == "NFC") {
      pipeline_.nfc = true;
      return {};
    }
    if (type == "Prepend" && StringAt(step, "prepend") == kSpaceMark) {
      pipeline_.prepend_space_mark = true;
      return {};
    }
    object pattern;
    if (type == "Replace" &&
        step["pattern"].get(pattern) == simdjson::SUCCESS &&
        StringAt(pattern, "String") == " " &&
        StringAt(step, "content") == kSpaceMark) {
      pipeline_.escape_spaces = true;
      return {};
    }
    return root_.NotYet(fmt::format("normalizer {}", type));
  }

  Status PreTokenizerStep(object step, std::string_view type) {
    if (type == "ByteLevel") return ByteLevel(step);
    if (type == "Metaspace") return Metaspace(step);
    if (type == "Split") return Split(step);
    if (type == "Digits" && BoolAt(step, "individual_digits", false)) {
      pipeline_.rules.push_back(SplitRule::kDigits);
      return {};
    }
    return root_.NotYet(fmt::format("pre-tokenizer {}", type));
  }

  Status ByteLevel(object step) {
    pipeline_.byte_level = true;
    pipeline_.add_prefix_space = BoolAt(step, "add_prefix_space", true);
    if (pipeline_.add_prefix_space && !pipeline_.rules.empty()) {
      return root_.NotYet(
          "pre-tokenizer ByteLevel with add_prefix_space after another one");
    }
    if (BoolAt(step, "use_regex", true)) {
      pipeline_.rules.push_back(SplitRule::kGpt2);
    }
    return {};
  }

  Status Metaspace(object step) {
    if (StringAt(step, "replacement") != kSpaceMark) {
      return root_.NotYet("pre-tokenizer Metaspace with another replacement");
    }
    pipeline_.metaspace = true;
    pipeline_.metaspace_splits = BoolAt(step, "split", true);
    const std::string_view scheme = StringAt(step, "prepend_scheme");
    pipeline_.add_prefix_space = scheme.empty()
                                     ? BoolAt(step, "add_prefix_space", true)
                                     : scheme != "never";
    return {};
  }

  Status Split(object step) {
    object pattern;
    std::string_view regex;
    if (step["pattern"].get(pattern) == simdjson::SUCCESS) {
      regex = StringAt(pattern, "Regex");
    }
    const auto rule = PreTokenizer::RuleOfPattern(regex);
    if (!rule || StringAt(step, "behavior") != "Isolated" ||
        BoolAt(step, "invert", false)) {
      return root_.NotYet(
          fmt::format("pre-tokenizer Split, pattern {}", regex.substr(0, 300)));
    }
    pipeline_.rules.push_back(*rule);
    return {};
  }

  // Only what puts a token first matters here; unknown ones are left alone.
  Status PostProcessor(object step, std::string_view type) {
    if (type != "TemplateProcessing") return {};
    array single;
    if (step["single"].get(single) != simdjson::SUCCESS) return {};
    for (const element each : single) {
      object special;
      if (each["SpecialToken"].get(special) == simdjson::SUCCESS) {
        pipeline_.first_token = std::string(StringAt(special, "id"));
      }
      break;
    }
    return {};
  }

  const JsonFields& root_;
  JsonPipeline pipeline_;
};

}  // namespace

Result<JsonPipeline> ReadJsonPipeline(const JsonFields& root) {
  return PipelineReader(root).Read();
}

}  // namespace krait::engine
