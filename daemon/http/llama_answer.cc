// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/llama_answer.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "daemon/http/fields.h"
#include "daemon/http/probabilities.h"

namespace krait::daemon {
namespace {

namespace json = boost::json;

double Milliseconds(completion::Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

std::string_view StopTypeOf(TextEnd end) {
  switch (end) {
    case TextEnd::kEndOfSequence:
      return "eos";
    case TextEnd::kStopWord:
      return "word";
    case TextEnd::kLimit:
      break;
  }
  return "limit";
}

json::array TokensIn(const std::vector<SaidPiece>& pieces) {
  json::array tokens;
  for (const SaidPiece& piece : pieces) tokens.emplace_back(piece.id);
  return tokens;
}

// Of "a/b", the value of b in a; null: there is none.
const json::value* FindNested(const json::object& object,
                              std::string_view path) {
  const json::object* inside = &object;
  for (;;) {
    const size_t slash = path.find('/');
    const json::value* const value = inside->if_contains(path.substr(0, slash));
    if (value == nullptr || slash == std::string_view::npos) return value;
    inside = value->if_object();
    if (inside == nullptr) return nullptr;
    path.remove_prefix(slash + 1);
  }
}

class LlamaAnswer final : public AnswerWriter {
 public:
  explicit LlamaAnswer(LlamaAnswerForm form) : form_(std::move(form)) {}

  std::optional<std::string_view> stream_type() const override {
    if (!form_.stream) return std::nullopt;
    return "text/event-stream";
  }

  std::string Part(const TextDelta& delta) override {
    json::object object{{"index", delta.choice},
                        {"content", base::JsonString(delta.text)},
                        {"tokens", TokensIn(delta.pieces)},
                        {"stop", false}};
    if (form_.probabilities) {
      object["completion_probabilities"] =
          ProbabilitiesOf(delta.pieces, TokenIds::kShown);
    }
    return EventOf(base::CompactJsonText(object));
  }

  std::string Whole(const TextAnswer& answer) override {
    json::array all;
    for (size_t i = 0; i < answer.choices.size(); ++i) {
      all.push_back(Selected(ObjectOf(answer, i)));
    }
    if (form_.stream) {
      std::string events;
      for (const json::value& one : all) {
        events += EventOf(base::CompactJsonText(one));
      }
      return events;
    }
    if (form_.several) return base::CompactJsonText(all);
    return base::CompactJsonText(all.front());
  }

  std::string Failed(std::string_view message) override {
    return fmt::format("error: {}\n\n",
                       form_.dialect->error_body(500, message));
  }

 private:
  json::object ObjectOf(const TextAnswer& answer, size_t index) const {
    const TextChoice& choice = answer.choices[index];
    const size_t said = choice.pieces.size();
    json::object object;
    object["index"] = index;
    object["content"] = base::JsonString(form_.stream ? "" : choice.text);
    object["tokens"] = form_.stream ? json::array() : TokensIn(choice.pieces);
    object["id_slot"] = index;
    object["stop"] = true;
    object["model"] = base::JsonString(form_.model);
    object["tokens_predicted"] = said;
    object["tokens_evaluated"] = answer.prompt_tokens;
    object["generation_settings"] = form_.settings;
    object["has_new_line"] = choice.text.find('\n') != std::string::npos;
    object["truncated"] = answer.truncated;
    object["stop_type"] = StopTypeOf(choice.end);
    object["stopping_word"] = base::JsonString(choice.stop_word);
    object["tokens_cached"] = answer.prompt_tokens + said;
    object["timings"] = TimingsOf(answer);
    if (answer.trace.plan != completion::PromptPlan::kNone) {
      object["krait"] = {{"plan", PromptPlanName(answer.trace.plan)}};
    }
    if (form_.probabilities && !form_.stream) {
      object["completion_probabilities"] =
          ProbabilitiesOf(PiecesOfText(choice), TokenIds::kShown);
    }
    return object;
  }

  json::object Selected(json::object object) const {
    if (!form_.fields) return object;
    json::object selected;
    for (const std::string& field : *form_.fields) {
      const json::value* const value = FindNested(object, field);
      if (value != nullptr) selected[base::JsonString(field)] = *value;
    }
    return selected;
  }

  const LlamaAnswerForm form_;
};

}  // namespace

json::object TimingsOf(const TextAnswer& answer) {
  const auto rates = [](size_t tokens, double ms, json::object* object,
                        const std::string& name) {
    const auto count = static_cast<double>(tokens);
    (*object)[name + "_n"] = tokens;
    (*object)[name + "_ms"] = ms;
    (*object)[name + "_per_token_ms"] = tokens == 0 ? 0.0 : ms / count;
    (*object)[name + "_per_second"] = ms <= 0 ? 0.0 : count / ms * 1e3;
  };
  json::object timings;
  timings["cache_n"] = answer.cached_tokens();
  rates(answer.trace.tokens_computed,
        Milliseconds(answer.trace.tokenize + answer.trace.prefill), &timings,
        "prompt");
  rates(answer.trace.tokens_generated, Milliseconds(answer.trace.decode),
        &timings, "predicted");
  return timings;
}

std::unique_ptr<AnswerWriter> MakeLlamaAnswer(LlamaAnswerForm form) {
  return std::make_unique<LlamaAnswer>(std::move(form));
}

}  // namespace krait::daemon
