// SPDX-License-Identifier: Apache-2.0
#include "daemon/remote/answer.h"

#include <algorithm>

#include "base/json_value.h"
#include "base/utf8.h"

namespace krait::remote {
namespace {

using base::ErrorCode;
using base::JsonValue;
using base::MakeError;
using base::ObjectReader;

constexpr std::string_view kDone = "[DONE]";

// One line that a terminal and a log can have.
std::string Shown(std::string_view text) {
  constexpr size_t kMost = 200;
  std::string shown;
  for (const char c : text) {
    const bool plain = static_cast<unsigned char>(c) > ' ' && c != '\x7f';
    if (plain || (!shown.empty() && shown.back() != ' ')) {
      shown += plain ? c : ' ';
    }
    if (shown.size() == kMost) break;
  }
  return base::ToValidUtf8(shown);
}

// {"error": {"message": ...}}, {"error": "..."}, {"message": ...},
// {"detail": ...}
std::string ErrorIn(const ObjectReader& object) {
  const auto text_of = [](const JsonValue& value) {
    std::string text;
    if (!value.IsMissing() && value.element().is_string()) {
      (void)FromJson(value, &text);
    }
    return text;
  };
  const JsonValue error = object.Field("error");
  if (!error.IsMissingOrNull() && error.element().is_object()) {
    const std::string message = text_of(ObjectReader(error).Field("message"));
    return message.empty() ? error.ToText() : message;
  }
  for (const char* key : {"error", "message", "detail"}) {
    if (std::string text = text_of(object.Field(key)); !text.empty()) {
      return text;
    }
  }
  return {};
}

std::optional<AnswerEnd> EndOf(std::string_view reason) {
  if (reason.empty()) return std::nullopt;
  const bool limit = reason == "length" || reason == "model_length";
  return limit ? AnswerEnd::kLimit : AnswerEnd::kComplete;
}

void ReadCount(ObjectReader& reader, std::string_view key,
               std::optional<size_t>* count) {
  std::optional<int64_t> number;
  reader.Optional(key, &number);
  if (number && *number >= 0) *count = static_cast<size_t>(*number);
}

void ReadUsage(ObjectReader& usage, AnswerPart* part) {
  ReadCount(usage, "prompt_tokens", &part->prompt_tokens);
  ReadCount(usage, "completion_tokens", &part->answer_tokens);
  usage.OptionalObject("prompt_tokens_details", [&](ObjectReader& details) {
    ReadCount(details, "cached_tokens", &part->cached_tokens);
  });
}

// Mistral's models may say a content in parts of which only texts count here.
base::Status ReadContent(const JsonValue& content, std::string* text) {
  if (content.IsMissingOrNull()) return {};
  if (!content.element().is_array()) return FromJson(content, text);
  std::vector<JsonValue> items;
  if (auto read = FromJson(content, &items); !read) return read;
  for (const JsonValue& item : items) {
    std::string part;
    ObjectReader reader(item);
    reader.Optional("text", &part);
    if (!reader.status()) return reader.status();
    *text += part;
  }
  return {};
}

base::Status ReadChoice(const JsonValue& json, AnswerShape shape,
                        AnswerPart* part) {
  ObjectReader choice(json);
  std::string reason;
  choice.Optional("finish_reason", &reason);
  if (shape == AnswerShape::kText) {
    choice.Optional("text", &part->text);
  } else {
    const char* field =
        choice.Field("delta").IsMissingOrNull() ? "message" : "delta";
    choice.OptionalObject(field, [&](ObjectReader& message) {
      const auto read = ReadContent(message.Field("content"), &part->text);
      message.Check(read.has_value(), "content", "a text or its parts");
    });
  }
  part->end = EndOf(reason);
  return choice.status();
}

base::Status ReadChoices(ObjectReader& object, AnswerShape shape,
                         AnswerPart* part) {
  std::vector<JsonValue> choices;
  object.Require("choices", &choices)
      .OptionalObject("usage",
                      [part](ObjectReader& usage) { ReadUsage(usage, part); });
  if (!object.status()) return object.status();
  // An event with the usage alone has none.
  if (choices.empty()) return {};
  return ReadChoice(choices.front(), shape, part);
}

base::Status ReadLlama(ObjectReader& object, AnswerPart* part) {
  bool stop = false;
  std::string type;
  object.Require("content", &part->text)
      .Optional("stop", &stop)
      .Optional("stop_type", &type);
  if (stop) {
    part->end = type == "limit" ? AnswerEnd::kLimit : AnswerEnd::kComplete;
    part->done = true;
    ReadCount(object, "tokens_evaluated", &part->prompt_tokens);
    ReadCount(object, "tokens_predicted", &part->answer_tokens);
    object.OptionalObject("timings", [part](ObjectReader& timings) {
      ReadCount(timings, "cache_n", &part->cached_tokens);
    });
  }
  return object.status();
}

}  // namespace

base::Result<AnswerPart> ReadAnswer(std::string_view json, AnswerShape shape) {
  AnswerPart part;
  if (json == kDone) {
    part.done = true;
    return part;
  }
  const auto document = base::JsonDocument::Parse(json);
  if (!document) {
    return MakeError(ErrorCode::kBadFile,
                     "its answer" + document.error().message);
  }
  ObjectReader object(document->root());
  if (object.status()) {
    const JsonValue error = object.Field("error");
    if (!error.IsMissingOrNull()) {
      const std::string said = Shown(ErrorIn(object));
      return MakeError(ErrorCode::kBadFile,
                       said.empty() ? "it reports an error" : said);
    }
  }
  const base::Status read = shape == AnswerShape::kLlama
                                ? ReadLlama(object, &part)
                                : ReadChoices(object, shape, &part);
  if (!read) {
    return MakeError(ErrorCode::kBadFile,
                     Shown(base::InText("its answer", read.error()).message));
  }
  return part;
}

std::string ReasonIn(std::string_view body) {
  const auto document = base::JsonDocument::Parse(body);
  if (document) {
    const ObjectReader object(document->root());
    if (object.status()) {
      if (const std::string text = ErrorIn(object); !text.empty()) {
        return Shown(text);
      }
    }
  }
  // A page of a proxy says nothing in its first bytes.
  return body.find('<') == body.npos ? Shown(body) : std::string();
}

}  // namespace krait::remote
