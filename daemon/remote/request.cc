// SPDX-License-Identifier: Apache-2.0
#include "daemon/remote/request.h"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

#include "base/json_text.h"

namespace krait::remote {
namespace {

namespace json = boost::json;

// What people write into models' prompts that no program's text has.
bool IsMark(std::string_view text) {
  return text.find_first_not_of(" \t\n") != text.npos;
}

// Returns the template's own parts, around its two fields.
std::array<std::string_view, 3> PartsOf(std::string_view text) {
  constexpr size_t kFieldBytes = 8;  // both are as long
  const size_t first = std::min(text.find("{prefix}"), text.find("{suffix}"));
  const size_t second = std::max(text.find("{prefix}"), text.find("{suffix}"));
  return {text.substr(0, first),
          text.substr(first + kFieldBytes, second - first - kFieldBytes),
          text.substr(second + kFieldBytes)};
}

base::Result<std::string> LaidOut(std::string_view form, const Fill& fill) {
  const auto parts = PartsOf(form);
  for (const std::string_view mark : parts) {
    if (!IsMark(mark)) continue;
    if (fill.prefix.find(mark) == fill.prefix.npos &&
        fill.suffix.find(mark) == fill.suffix.npos) {
      continue;
    }
    return base::MakeError(
        base::ErrorCode::kUnsupported,
        fmt::format("the text holds \"{}\", which the engine's model takes for "
                    "a control token",
                    mark));
  }
  const bool prefix_first = form.find("{prefix}") < form.find("{suffix}");
  std::string prompt(parts[0]);
  prompt += prefix_first ? fill.prefix : fill.suffix;
  prompt += parts[1];
  prompt += prefix_first ? fill.suffix : fill.prefix;
  prompt += parts[2];
  return prompt;
}

void AddModel(const RemoteSettings& settings, json::object* body) {
  if (!settings.model.empty()) {
    (*body)["model"] = base::JsonString(settings.model);
  }
}

void AddChoosing(const RemoteSettings& settings, const Choosing& choosing,
                 json::object* body) {
  if (choosing.temperature) (*body)["temperature"] = *choosing.temperature;
  if (choosing.top_p) (*body)["top_p"] = *choosing.top_p;
  if (!choosing.seed) return;
  // Theirs are signed, and of 32 bits in places.
  constexpr uint64_t kMask = 0x7fffffff;
  const bool mistral = settings.kind == EngineKind::kMistral;
  (*body)[mistral ? "random_seed" : "seed"] = *choosing.seed & kMask;
}

// Mistral's API tells of the usage without being asked, and refuses fields that
// it does not know.
void AddStream(const RemoteSettings& settings, json::object* body) {
  (*body)["stream"] = true;
  if (settings.kind == EngineKind::kMistral) return;
  (*body)["stream_options"] = json::object{{"include_usage", true}};
}

WireRequest InfillOf(const Fill& fill, json::object body) {
  body["input_prefix"] = base::JsonString(fill.prefix);
  body["input_suffix"] = base::JsonString(fill.suffix);
  body["n_predict"] = fill.max_tokens;
  body["cache_prompt"] = true;
  body["stream"] = true;
  return {.path = "/infill",
          .body = base::CompactJsonText(body),
          .shape = AnswerShape::kLlama};
}

}  // namespace

base::Result<WireRequest> WireOf(const RemoteSettings& settings,
                                 const Fill& fill) {
  json::object body;
  AddModel(settings, &body);
  AddChoosing(settings, fill.choosing, &body);
  if (settings.kind == EngineKind::kLlama) {
    return InfillOf(fill, std::move(body));
  }
  body["max_tokens"] = fill.max_tokens;
  AddStream(settings, &body);
  const bool mistral = settings.kind == EngineKind::kMistral;
  if (!mistral && !settings.fim_template.empty()) {
    const auto prompt = LaidOut(settings.fim_template, fill);
    if (!prompt) return prompt.error();
    body["prompt"] = base::JsonString(*prompt);
  } else {
    body["prompt"] = base::JsonString(fill.prefix);
    body["suffix"] = base::JsonString(fill.suffix);
  }
  return WireRequest{
      .path = mistral ? "/v1/fim/completions" : "/v1/completions",
      .body = base::CompactJsonText(body),
      .shape = mistral ? AnswerShape::kMessage : AnswerShape::kText};
}

WireRequest WireOf(const RemoteSettings& settings, const Chat& chat) {
  json::object body;
  AddModel(settings, &body);
  AddChoosing(settings, chat.choosing, &body);
  body["max_tokens"] = chat.max_tokens;
  AddStream(settings, &body);
  json::array& messages = body["messages"].emplace_array();
  for (const Turn& turn : chat.turns) {
    messages.push_back(json::object{{"role", turn.role},
                                    {"content", base::JsonString(turn.text)}});
  }
  return {.path = "/v1/chat/completions",
          .body = base::CompactJsonText(body),
          .shape = AnswerShape::kMessage};
}

}  // namespace krait::remote
