// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/openai_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "base/utf8.h"
#include "daemon/http/fields.h"
#include "daemon/http/llama_answer.h"
#include "daemon/http/probabilities.h"

namespace krait::daemon {
namespace {

namespace json = boost::json;

std::string_view FinishOf(TextEnd end) {
  return end == TextEnd::kLimit ? "length" : "stop";
}

// In characters, as the API has its offsets.
size_t LengthOf(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char byte) { return !base::IsContinuation(byte); }));
}

// The likeliest and the one that was said, if that is none of them. Of those
// that are the same text the likeliest counts.
json::object TopLogprobs(const SaidPiece& piece) {
  json::object top;
  for (const SaidPiece& likely : piece.likeliest) {
    top.emplace(base::JsonString(likely.bytes), likely.logprob);
  }
  top.emplace(base::JsonString(piece.bytes), piece.logprob);
  return top;
}

// `ofs`: of the first in the text; becomes that of what follows.
json::object TextLogprobs(std::span<const SaidPiece> pieces, size_t* ofs) {
  json::array tokens;
  json::array logprobs;
  json::array top;
  json::array offsets;
  for (const SaidPiece& piece : pieces) {
    tokens.emplace_back(base::JsonString(piece.bytes));
    logprobs.emplace_back(piece.logprob);
    top.push_back(TopLogprobs(piece));
    offsets.emplace_back(*ofs);
    *ofs += LengthOf(piece.bytes);
  }
  return {{"tokens", std::move(tokens)},
          {"token_logprobs", std::move(logprobs)},
          {"top_logprobs", std::move(top)},
          {"text_offset", std::move(offsets)}};
}

json::object ChatLogprobs(std::span<const SaidPiece> pieces) {
  return {{"content", ProbabilitiesOf(pieces, TokenIds::kLeftOut)},
          {"refusal", nullptr}};
}

json::object UsageOf(const TextAnswer& answer) {
  size_t said = 0;
  for (const TextChoice& choice : answer.choices) said += choice.pieces.size();
  return {
      {"prompt_tokens", answer.prompt_tokens},
      {"completion_tokens", said},
      {"total_tokens", answer.prompt_tokens + said},
      {"prompt_tokens_details", {{"cached_tokens", answer.cached_tokens()}}}};
}

class OpenAiAnswer final : public AnswerWriter {
 public:
  explicit OpenAiAnswer(OpenAiAnswerForm form) : form_(std::move(form)) {}

  std::optional<std::string_view> stream_type() const override {
    if (!form_.stream) return std::nullopt;
    return "text/event-stream";
  }

  std::string Part(const TextDelta& delta) override {
    std::string_view text = delta.text;
    if (!spoken_.contains(delta.choice)) text = WordsOf(text);
    if (text.empty()) return {};
    std::string events = BeginOf(delta.choice);
    spoken_.insert(delta.choice);
    json::object choice = ChoiceOf(delta.choice, text, delta.pieces);
    choice["finish_reason"] = nullptr;
    events += EventOfChoice(std::move(choice));
    return events;
  }

  std::string Whole(const TextAnswer& answer) override {
    if (form_.stream) return EndOfStream(answer);
    json::object object = Envelope();
    json::array choices;
    for (size_t i = 0; i < answer.choices.size(); ++i) {
      TextChoice said = answer.choices[i];
      if (form_.check) {
        CheckedText checked = form_.check(said.text);
        said.text = std::move(checked.text);
        if (i == 0) object["krait"] = std::move(checked.about);
      }
      json::object choice =
          form_.chat ? MessageOf(i, said)
                     : ChoiceOf(i, form_.echo + said.text, PiecesOfText(said));
      choice["finish_reason"] = FinishOf(said.end);
      choices.push_back(std::move(choice));
    }
    object["choices"] = std::move(choices);
    object["usage"] = UsageOf(answer);
    object["timings"] = TimingsOf(answer);
    return base::CompactJsonText(object);
  }

  std::string Failed(std::string_view message) override {
    return EventOf(form_.dialect->error_body(500, message));
  }

 private:
  // Models begin messages with a space or line feeds, which say nothing.
  std::string_view WordsOf(std::string_view text) const {
    if (!form_.chat || form_.as_it_is) return text;
    return text.substr(std::min(text.find_first_not_of(" \n"), text.size()));
  }

  json::object Envelope() const {
    std::string_view object = "text_completion";
    if (form_.chat) {
      object = form_.stream ? "chat.completion.chunk" : "chat.completion";
    }
    return {{"id", form_.id},
            {"object", object},
            {"created", form_.created},
            {"model", base::JsonString(form_.model)},
            {"system_fingerprint", "krait-" KRAIT_VERSION}};
  }

  std::string EventOfChoice(json::object choice, json::object about = {},
                            const TextAnswer* ended = nullptr) const {
    json::object object = Envelope();
    if (!about.empty()) object["krait"] = std::move(about);
    json::array choices;
    choices.push_back(std::move(choice));
    object["choices"] = std::move(choices);
    if (ended != nullptr) {
      object["timings"] = TimingsOf(*ended);
      if (form_.usage_with_choice) object["usage"] = UsageOf(*ended);
    }
    return EventOf(base::CompactJsonText(object));
  }

  // What comes before the first words of a choice.
  std::string BeginOf(size_t index) {
    if (!begun_.insert(index).second) return {};
    json::object choice{{"index", index}, {"finish_reason", nullptr}};
    if (form_.chat) {
      choice["delta"] = {{"role", "assistant"}, {"content", ""}};
    } else if (!form_.echo.empty()) {
      choice["text"] = base::JsonString(form_.echo);
      choice["logprobs"] = nullptr;
    } else {
      return {};
    }
    return EventOfChoice(std::move(choice));
  }

  // Of text, or of a part of a message.
  json::object ChoiceOf(size_t index, std::string_view text,
                        std::span<const SaidPiece> pieces) {
    json::object choice{{"index", index}};
    choice["logprobs"] = nullptr;
    if (form_.chat) {
      choice["delta"] = {{"content", base::JsonString(text)}};
      if (form_.logprobs) choice["logprobs"] = ChatLogprobs(pieces);
    } else {
      choice["text"] = base::JsonString(text);
      if (form_.logprobs) {
        size_t& ofs =
            offsets_.try_emplace(index, LengthOf(form_.echo)).first->second;
        choice["logprobs"] = TextLogprobs(pieces, &ofs);
      }
    }
    return choice;
  }

  json::object MessageOf(size_t index, const TextChoice& said) const {
    json::object choice{{"index", index}};
    choice["message"] = {{"role", "assistant"},
                         {"content", base::JsonString(WordsOf(said.text))},
                         {"tool_calls", nullptr}};
    choice["logprobs"] = nullptr;
    if (form_.logprobs) choice["logprobs"] = ChatLogprobs(PiecesOfText(said));
    return choice;
  }

  std::string EndOfStream(const TextAnswer& answer) {
    std::string events;
    for (size_t i = 0; i < answer.choices.size(); ++i) {
      events += BeginOf(i);
      json::object choice{{"index", i}};
      if (form_.chat) {
        choice["delta"] = json::object();
      } else {
        choice["text"] = "";
        choice["logprobs"] = nullptr;
      }
      choice["finish_reason"] = FinishOf(answer.choices[i].end);
      json::object about;
      if (form_.check && i == 0) {
        CheckedText checked = form_.check(answer.choices[i].text);
        about = std::move(checked.about);
        // What was sent may name places that were taken out since.
        about["answer"] = base::JsonString(WordsOf(checked.text));
      }
      const bool last = i + 1 == answer.choices.size();
      events += EventOfChoice(std::move(choice), std::move(about),
                              last ? &answer : nullptr);
    }
    if (form_.stream_usage && !form_.usage_with_choice) {
      json::object object = Envelope();
      object["choices"] = json::array();
      object["usage"] = UsageOf(answer);
      object["timings"] = TimingsOf(answer);
      events += EventOf(base::CompactJsonText(object));
    }
    return events + EventOf("[DONE]");
  }

  const OpenAiAnswerForm form_;
  std::set<size_t> begun_;   // choices of which something was sent
  std::set<size_t> spoken_;  // and of these, words
  // Where the next piece of a choice is in its text, in characters.
  std::map<size_t, size_t> offsets_;
};

}  // namespace

std::unique_ptr<AnswerWriter> MakeOpenAiAnswer(OpenAiAnswerForm form) {
  return std::make_unique<OpenAiAnswer>(std::move(form));
}

OpenAiAnswerForm OpenAiFormOf(const HttpView& view, const Dialect& dialect,
                              std::string_view id_prefix) {
  return {.model = view.vocabulary->facts().name,
          .id = fmt::format("{}-{:016x}", id_prefix, view.number),
          .created = view.now,
          .dialect = &dialect};
}

}  // namespace krait::daemon
