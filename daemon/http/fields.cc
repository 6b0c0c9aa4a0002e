// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/fields.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

#include "base/json_value.h"
#include "daemon/chat/chat_sampling.h"

namespace krait::daemon {

using base::ErrorCode;
using base::JsonValue;
using base::MakeError;

namespace {

class TextAsItIs final : public completion::TextSource {
 public:
  explicit TextAsItIs(std::string text) : text_(std::move(text)) {}
  std::string Read(size_t max_bytes) const override {
    return text_.substr(0, max_bytes);
  }

 private:
  const std::string text_;
};

// A whole number of any kind.
struct Whole {
  int64_t number = 0;
};

base::Status FromJson(const JsonValue& json, Whole* out) {
  double number = 0;
  if (!base::FromJson(json, &number)) {
    return base::Expected("an integer", json);
  }
  if (number != std::floor(number)) return base::Expected("an integer", json);
  constexpr double kMost = 9.2e18;
  out->number = static_cast<int64_t>(std::clamp(number, -kMost, kMost));
  // Doubles have only 53 bits, and seeds more.
  int64_t exact = 0;
  if (base::FromJson(json, &exact)) out->number = exact;
  return {};
}

struct Stops {
  std::vector<std::string> words;
};

base::Status FromJson(const JsonValue& json, Stops* out) {
  if (json.element().is_string()) {
    return base::FromJson(json, &out->words.emplace_back());
  }
  if (!json.element().is_array()) {
    return base::Expected("a string or an array of strings", json);
  }
  if (auto read = base::FromJson(json, &out->words); !read) return read;
  if (out->words.size() > kMostStops) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format(": expected at most {} strings, got {}",
                                 kMostStops, out->words.size()));
  }
  return {};
}

bool IsNumber(const JsonValue& json) {
  return json.element().is_int64() || json.element().is_uint64();
}

base::Status ReadPieces(const JsonValue& json,
                        std::vector<completion::PieceId>* out) {
  return base::FromJson(json, out);
}

struct Prompt {
  PromptField field;
};

base::Status FromJson(const JsonValue& json, Prompt* prompt) {
  PromptField* const out = &prompt->field;
  if (json.IsMissing()) return base::Expected("a string", json);
  if (json.element().is_string()) return base::FromJson(json, &out->text);
  std::vector<JsonValue> items;
  if (!json.element().is_array() || !base::FromJson(json, &items)) {
    return base::Expected("a string or an array of token ids", json);
  }
  if (items.empty() || IsNumber(items.front())) {
    return ReadPieces(json, &out->pieces.emplace());
  }
  if (items.size() > 1) {
    return MakeError(ErrorCode::kInvalidArgument,
                     ": expected one prompt, got several; ask for each");
  }
  if (items.front().element().is_string()) {
    return base::FromJson(items.front(), &out->text);
  }
  if (base::Status read = ReadPieces(items.front(), &out->pieces.emplace());
      !read) {
    return base::AtIndex(0, read.error());
  }
  return {};
}

// A part of a message; only texts are known.
base::Status AddPart(const JsonValue& json, std::string* text) {
  std::string type;
  std::string part;
  base::ObjectReader reader(json);
  reader.Require("type", &type)
      .Check(type == "text" || type == "input_text", "type", "\"text\"");
  reader.Require("text", &part);
  if (reader.status()) *text += part;
  return reader.status();
}

struct Content {
  std::string text;
};

base::Status FromJson(const JsonValue& json, Content* out) {
  if (json.IsMissingOrNull()) return {};
  if (json.element().is_string()) return base::FromJson(json, &out->text);
  std::vector<JsonValue> parts;
  if (!json.element().is_array() || !base::FromJson(json, &parts)) {
    return base::Expected("a string or an array of parts", json);
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    if (base::Status added = AddPart(parts[i], &out->text); !added) {
      return base::AtIndex(i, added.error());
    }
  }
  return {};
}

// Beside the type, where FromJson is looked for.
struct Turn {
  completion::ChatTurn turn;
};

base::Status FromJson(const JsonValue& json, Turn* out) {
  std::string role;
  Content content;
  base::ObjectReader reader(json);
  reader.Require("role", &role);
  if (role == "system" || role == "developer") {
    out->turn.role = completion::ChatRole::kSystem;
  } else if (role == "user") {
    out->turn.role = completion::ChatRole::kUser;
  } else if (role == "assistant") {
    out->turn.role = completion::ChatRole::kAssistant;
  } else {
    reader.Check(false, "role", "\"system\", \"user\" or \"assistant\"");
  }
  if (!reader.Field("content").IsMissing()) reader.Require("content", &content);
  out->turn.text = std::move(content.text);
  return reader.status();
}

float Within(double value, double least, double most) {
  return static_cast<float>(std::clamp(value, least, most));
}

}  // namespace

base::Status ReadBody(std::string_view body,
                      const std::function<void(base::ObjectReader&)>& read) {
  constexpr std::string_view kName = "the request's body";
  const auto document = base::JsonDocument::Parse(body);
  if (!document) return base::InText(kName, document.error());
  base::ObjectReader reader(document->root());
  read(reader);
  if (!reader.status()) return base::InText(kName, reader.status().error());
  return {};
}

void ReadSampling(base::ObjectReader& reader, std::string_view penalty,
                  std::string_view seed, SamplingFields* fields) {
  reader.Optional("temperature", &fields->temperature)
      .Optional("top_p", &fields->top_p)
      .Optional("min_p", &fields->min_p)
      .Optional(penalty, &fields->repetition_penalty);
  ReadWhole(reader, "top_k", &fields->top_k);
  ReadWhole(reader, seed, &fields->seed);
}

completion::Sampling SamplingOf(const SamplingFields& fields,
                                const completion::Sampling& otherwise,
                                uint64_t random) {
  completion::Sampling sampling = otherwise;
  if (fields.temperature) {
    sampling.temperature = Within(*fields.temperature, 0, 100);
  }
  if (fields.top_p) sampling.top_p = Within(*fields.top_p, 0, 1);
  if (fields.min_p) sampling.min_p = Within(*fields.min_p, 0, 1);
  if (fields.repetition_penalty) {
    sampling.repetition_penalty = Within(*fields.repetition_penalty, 0.1, 10);
  }
  if (fields.top_k) {
    sampling.top_k = static_cast<size_t>(std::max<int64_t>(0, *fields.top_k));
  }
  const bool given = fields.seed && *fields.seed >= 0;
  sampling.seed = given ? static_cast<uint64_t>(*fields.seed) : random;
  return sampling;
}

void ReadWhole(base::ObjectReader& reader, std::string_view key,
               std::optional<int64_t>* number) {
  Whole whole;
  if (reader.Field(key).IsMissingOrNull()) return;
  reader.Require(key, &whole);
  *number = whole.number;
}

size_t TokensOf(const std::optional<int64_t>& asked, size_t otherwise) {
  if (!asked) return otherwise;
  if (*asked < 0) return kMostTokens;
  return std::min(static_cast<size_t>(*asked), kMostTokens);
}

size_t ChoicesOf(const std::optional<int64_t>& asked) {
  return static_cast<size_t>(
      std::clamp<int64_t>(asked.value_or(1), 1, kMostChoices));
}

void ReadStops(base::ObjectReader& reader, std::string_view key,
               std::vector<std::string>* stops) {
  Stops read;
  reader.Optional(key, &read);
  for (std::string& word : read.words) {
    if (word.empty()) continue;
    reader.Check(word.size() <= kLongestStop, key,
                 fmt::format("strings of at most {} bytes", kLongestStop));
    stops->push_back(std::move(word));
  }
}

void ReadPrompt(base::ObjectReader& reader, std::string_view key,
                PromptField* prompt) {
  Prompt read;
  reader.Require(key, &read);
  *prompt = std::move(read.field);
}

base::Result<std::vector<completion::PieceId>> LaidOutPieces(
    const PromptField& prompt, const completion::Vocabulary& vocabulary) {
  if (!prompt.pieces) {
    return vocabulary.Pieces(prompt.text, {.begins = true, .control = true});
  }
  for (const completion::PieceId piece : *prompt.pieces) {
    if (vocabulary.Knows(piece)) continue;
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("prompt: {} is no token of the model", piece));
  }
  return *prompt.pieces;
}

void ReadTurns(base::ObjectReader& reader, std::string_view key,
               std::vector<completion::ChatTurn>* turns) {
  std::vector<Turn> read;
  reader.Require(key, &read)
      .Check(!read.empty(), key, "at least one message")
      .Check(read.size() <= kMostTurns, key,
             fmt::format("at most {} messages", kMostTurns));
  for (Turn& turn : read) turns->push_back(std::move(turn.turn));
}

void RefuseField(base::ObjectReader& reader, std::string_view key,
                 std::string_view why) {
  const JsonValue field = reader.Field(key);
  if (field.IsMissingOrNull()) return;
  const std::string text = field.ToText();
  const bool says_nothing = text == "[]" || text == "{}" || text == "false" ||
                            text == "\"\"" || text == "0";
  reader.Check(says_nothing, key, why);
}

completion::Sampling ChatSamplingOf(const completion::Vocabulary& vocabulary) {
  const completion::ChatSampling of_file = vocabulary.chat_sampling();
  const engine::SamplerOptions chosen =
      ChooseSampling({}, {.temperature = of_file.temperature,
                          .top_k = of_file.top_k,
                          .top_p = of_file.top_p,
                          .min_p = of_file.min_p,
                          .repetition_penalty = of_file.repetition_penalty});
  return {.temperature = chosen.temperature,
          .top_k = chosen.top_k,
          .top_p = chosen.top_p,
          .min_p = chosen.min_p,
          .repetition_penalty = chosen.repetition_penalty};
}

base::Status SetConversation(const HttpView& view,
                             std::vector<completion::ChatTurn> turns,
                             const SamplingFields& asked,
                             TextRequest* request) {
  if (view.chats_elsewhere && request->likeliest) {
    return MakeError(ErrorCode::kUnsupported,
                     "logprobs: conversations go to an engine elsewhere, which "
                     "krait does not ask for them");
  }
  auto prompt = view.vocabulary->ChatPrompt(turns);
  if (prompt) {
    request->pieces = std::move(*prompt);
    request->vocabulary = view.vocabulary;
  } else if (!view.chats_elsewhere) {
    return prompt.error();
  }
  if (view.chats_elsewhere) {
    request->conversation =
        std::make_shared<const completion::GivenConversation>(
            completion::GivenConversation{.turns = std::move(turns),
                                          .temperature = asked.temperature,
                                          .top_p = asked.top_p});
  }
  return {};
}

TextRequest PlaceRequest(std::string before, std::string after) {
  TextRequest request;
  request.place.emplace();
  request.place->before = std::move(before);
  request.place->after = std::move(after);
  return request;
}

// The name is of the text in all its states, of which one without a name of its
// own has only this one.
completion::NearbyText GivenText(std::string name, std::string text) {
  if (name.empty()) {
    name = fmt::format("{:x}", std::hash<std::string_view>()(text));
  }
  return {.name = std::move(name),
          .source = std::make_shared<TextAsItIs>(std::move(text))};
}

std::string EventOf(std::string_view json) {
  return fmt::format("data: {}\n\n", json);
}

std::string TimeText(int64_t seconds) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

}  // namespace krait::daemon
