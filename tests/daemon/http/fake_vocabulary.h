// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_DAEMON_HTTP_FAKE_VOCABULARY_H_
#define KRAIT_TESTS_DAEMON_HTTP_FAKE_VOCABULARY_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/completion/generator/vocabulary.h"
#include "daemon/http/dialect.h"

namespace krait::daemon {

// A piece for each byte; 256 is the begin of a prompt, 257 the only control
// token: "<end>". A conversation is "role:text|" for each turn.
class FakeVocabulary final : public completion::Vocabulary {
 public:
  explicit FakeVocabulary(bool chats = true) {
    facts_ = {.name = "fake",
              .path = "/models/fake.gguf",
              .architecture = "mamba2",
              .quantisation = "Q8_0",
              .bytes = 1000,
              .parameters = 5'500'000,
              .vocabulary = 258,
              .embedding = 64,
              .context_length = 4096,
              .modified = 0,
              .begin = "<begin>",
              .end = "<end>",
              .fills_in = true,
              .chat_template = "{{ jinja }}",
              .no_chat = chats ? "" : "it was not trained to"};
  }

  const completion::ModelFacts& facts() const override { return facts_; }

  std::vector<completion::PieceId> Pieces(
      std::string_view text, completion::PieceRules rules) const override {
    constexpr std::string_view kEnd = "<end>";
    std::vector<completion::PieceId> pieces;
    if (rules.begins) pieces.push_back(256);
    while (!text.empty()) {
      const bool control = rules.control && text.starts_with(kEnd);
      pieces.push_back(control ? 257 : static_cast<unsigned char>(text[0]));
      text.remove_prefix(control ? kEnd.size() : 1);
    }
    return pieces;
  }
  std::string Text(std::span<const completion::PieceId> pieces,
                   bool control) const override {
    std::string text;
    for (const completion::PieceId piece : pieces) {
      if (piece < 256) {
        text += static_cast<char>(piece);
      } else if (control) {
        text += piece == 256 ? "<begin>" : "<end>";
      }
    }
    return text;
  }
  bool Knows(completion::PieceId piece) const override { return piece < 258; }
  base::Result<std::vector<completion::PieceId>> ChatPrompt(
      std::span<const completion::ChatTurn> turns) const override {
    if (!facts_.no_chat.empty()) {
      return base::MakeError(base::ErrorCode::kUnsupported, facts_.no_chat);
    }
    std::string prompt;
    for (const completion::ChatTurn& turn : turns) {
      prompt += turn.role == completion::ChatRole::kUser     ? "user:"
                : turn.role == completion::ChatRole::kSystem ? "system:"
                                                             : "assistant:";
      prompt += turn.text + "|";
    }
    return Pieces(prompt, {.begins = true});
  }

 private:
  completion::ModelFacts facts_;
};

inline HttpView FakeView(bool chats = true) {
  HttpView view;
  view.vocabulary = std::make_shared<FakeVocabulary>(chats);
  view.most_running = 2;
  view.now = 1'700'000'000;
  view.number = 42;
  return view;
}

// What a route makes of a request.
inline base::Result<HttpWork> ReadFor(std::string_view path, std::string body,
                                      const HttpView& view,
                                      std::string_view method = "POST") {
  const FoundRoute found = FindRoute(method, path);
  if (found.route == nullptr) {
    return base::MakeError(base::ErrorCode::kInternal, "no such route");
  }
  return found.route->read({.method = std::string(method),
                            .path = std::string(path),
                            .body = std::move(body)},
                           view);
}

// Its text, if that is what it came to.
inline TextWork TextFor(std::string_view path, std::string body,
                        const HttpView& view = FakeView()) {
  auto work = ReadFor(path, std::move(body), view);
  if (!work || !std::holds_alternative<TextWork>(*work)) return {};
  return std::get<TextWork>(std::move(*work));
}

// Its reply at once.
inline std::string ReplyFor(std::string_view path, std::string body,
                            std::string_view method = "POST",
                            const HttpView& view = FakeView()) {
  auto work = ReadFor(path, std::move(body), view, method);
  if (!work) return "error: " + work.error().message;
  if (!std::holds_alternative<HttpReply>(*work)) return "text";
  return std::get<HttpReply>(*work).body;
}

// An answer of one choice, "ab" in two pieces.
inline TextAnswer AnswerAb(TextEnd end = TextEnd::kEndOfSequence) {
  TextAnswer answer;
  answer.choices.push_back({.text = "ab", .end = end});
  answer.choices[0].pieces = {{.id = 97, .bytes = "a", .logprob = -0.5F},
                              {.id = 98, .bytes = "b", .logprob = -0.25F}};
  answer.prompt_tokens = 10;
  answer.trace.tokens_reused = 7;
  answer.trace.tokens_computed = 3;
  answer.trace.tokens_generated = 2;
  answer.trace.prefill = std::chrono::milliseconds(6);
  answer.trace.decode = std::chrono::milliseconds(4);
  return answer;
}

}  // namespace krait::daemon

#endif  // KRAIT_TESTS_DAEMON_HTTP_FAKE_VOCABULARY_H_
