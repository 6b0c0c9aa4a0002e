// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/probabilities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "base/json_text.h"
#include "tests/daemon/http/fake_vocabulary.h"

namespace krait::daemon {
namespace {

using testing::HasSubstr;

// "ab", where "x" could have been in place of "a", and é of "b"; what was said
// second is none of the two likeliest.
TextAnswer AnswerWithOthers() {
  TextAnswer answer = AnswerAb();
  auto& pieces = answer.choices[0].pieces;
  pieces[0].likeliest = {{.id = 97, .bytes = "a", .logprob = -0.5F},
                         {.id = 120, .bytes = "x", .logprob = -1.5F}};
  pieces[1].likeliest = {{.id = 1, .bytes = "\xc3\xa9", .logprob = -0.125F},
                         {.id = 2, .bytes = "\xff", .logprob = -4}};
  return answer;
}

boost::json::value WithProbabilities(const TextWork& work) {
  return base::JsonOf(work.writer->Whole(AnswerWithOthers()));
}

constexpr std::string_view kChatFields =
    R"({"messages": [{"role": "user", "content": "x"}])";

std::string Chat(std::string_view more) {
  return std::string(kChatFields) + std::string(more) + "}";
}

TEST(ProbabilitiesTest, OpenAiCompletionsHaveATableOfEachPlace) {
  const TextWork work = TextFor(
      "/v1/completions",
      R"({"prompt": "\u00e9", "suffix": "", "logprobs": 2, "echo": true})");
  EXPECT_EQ(work.request.likeliest, 2U);
  const auto said = WithProbabilities(work).at("choices").at(0).at("logprobs");
  EXPECT_EQ(said.at("token_logprobs"), boost::json::array({-0.5, -0.25}));
  EXPECT_EQ(said.at("top_logprobs").at(0),
            boost::json::object({{"a", -0.5}, {"x", -1.5}}));
  // What was said is there, be it unlikely.
  EXPECT_EQ(said.at("top_logprobs").at(1),
            boost::json::object(
                {{"\xc3\xa9", -0.125}, {"\xef\xbf\xbd", -4}, {"b", -0.25}}));
  // In characters.
  EXPECT_EQ(said.at("text_offset"), boost::json::array({1, 2}));
}

TEST(ProbabilitiesTest, OffsetsGoOnFromPartToPart) {
  const TextWork work = TextFor(
      "/v1/completions", R"({"prompt": "p", "logprobs": 0, "stream": true})");
  EXPECT_EQ(work.request.likeliest, 0U);
  const TextAnswer answer = AnswerAb();
  for (size_t i = 0; i < 2; ++i) {
    const SaidPiece& piece = answer.choices[0].pieces[i];
    EXPECT_THAT(work.writer->Part({.text = piece.bytes, .pieces = {piece}}),
                HasSubstr("\"text_offset\":[" + std::to_string(i) + "]"));
  }
}

TEST(ProbabilitiesTest, OpenAiChatsHaveAListOfEachPlace) {
  const TextWork work = TextFor(
      "/v1/chat/completions", Chat(R"(, "logprobs": true, "top_logprobs": 2)"));
  EXPECT_EQ(work.request.likeliest, 2U);
  const auto said =
      WithProbabilities(work).at("choices").at(0).at("logprobs").at("content");
  EXPECT_EQ(said.at(1).at("top_logprobs").at(0),
            boost::json::object({{"token", "\xc3\xa9"},
                                 {"bytes", boost::json::array({0xc3, 0xa9})},
                                 {"logprob", -0.125}}));
  EXPECT_EQ(said.at(1).at("token"), "b");
  const TextWork alone =
      TextFor("/v1/chat/completions", Chat(R"(, "logprobs": true)"));
  EXPECT_EQ(alone.request.likeliest, 0U);
  EXPECT_THAT(alone.writer->Whole(AnswerAb()),
              HasSubstr(R"("logprob":-0.5,"top_logprobs":[])"));
}

TEST(ProbabilitiesTest, LlamaCppHasIdsToo) {
  const TextWork work =
      TextFor("/completion", R"({"prompt": "p", "n_probs": 2})");
  EXPECT_EQ(work.request.likeliest, 2U);
  const auto answer = WithProbabilities(work);
  EXPECT_EQ(answer.at("generation_settings").at("n_probs"), 2);
  const auto& said = answer.at("completion_probabilities");
  EXPECT_EQ(said.at(0).at("id"), 97);
  EXPECT_EQ(said.at(0).at("top_logprobs").at(1).at("id"), 120);
  const TextWork none = TextFor("/infill", R"({"input_prefix": "",
      "input_suffix": "", "n_probs": 0})");
  EXPECT_FALSE(none.request.likeliest);
  const TextWork many =
      TextFor("/completion", R"({"prompt": "p", "n_probs": 100000})");
  EXPECT_EQ(many.request.likeliest, 100U);
}

TEST(ProbabilitiesTest, OllamaHasAListInItsLines) {
  const TextWork work = TextFor("/api/generate", R"({"prompt": "p",
      "suffix": "s", "logprobs": true, "top_logprobs": 1, "stream": false})");
  EXPECT_EQ(work.request.likeliest, 1U);
  const auto said = WithProbabilities(work).at("logprobs");
  EXPECT_EQ(said.at(1).at("logprob"), -0.25);
  EXPECT_EQ(said.at(0).at("top_logprobs").at(1).at("token"), "x");
  const TextWork chat = TextFor("/api/chat", Chat(R"(, "logprobs": true)"));
  EXPECT_THAT(
      chat.writer->Part(
          {.text = "a", .pieces = {{.id = 97, .bytes = "a", .logprob = -1}}}),
      HasSubstr(R"("logprobs":[{"token":"a","bytes":[97],"logprob":-1)"));
}

TEST(ProbabilitiesTest, AStopWordHasNone) {
  const TextWork work =
      TextFor("/completion", R"({"prompt": "p", "n_probs": 1})");
  TextAnswer answer = AnswerWithOthers();
  answer.choices[0].text = "a";
  const auto body = base::JsonOf(work.writer->Whole(answer));
  EXPECT_EQ(body.at("completion_probabilities").as_array().size(), 1U);
  EXPECT_EQ(body.at("tokens").as_array().size(), 2U);
}

TEST(ProbabilitiesTest, AllTogetherAreBounded) {
  const TextWork work = TextFor("/completion", R"({"prompt": "p",
      "n_probs": 100, "n_cmpl": 2})");
  EXPECT_EQ(work.request.max_tokens, 500U);
  const TextWork few =
      TextFor("/v1/completions",
              R"({"prompt": "p", "logprobs": 20, "max_tokens": 16384})");
  EXPECT_EQ(few.request.max_tokens, 5000U);
}

TEST(ProbabilitiesTest, ErrorsNameTheField) {
  EXPECT_THAT(ReplyFor("/v1/completions", R"({"prompt": "p", "logprobs": 21})"),
              HasSubstr("logprobs: expected a number from 0 to 20"));
  EXPECT_THAT(
      ReplyFor("/v1/completions", R"({"prompt": "p", "logprobs": true})"),
      HasSubstr("logprobs: expected an integer"));
  for (const char* const path : {"/v1/chat/completions", "/api/chat"}) {
    EXPECT_THAT(ReplyFor(path, Chat(R"(, "top_logprobs": 2)")),
                HasSubstr("top_logprobs: expected \"logprobs\": true"));
    EXPECT_THAT(
        ReplyFor(path, Chat(R"(, "logprobs": true, "top_logprobs": -1)")),
        HasSubstr("top_logprobs: expected a number from 0 to 20"));
    EXPECT_THAT(ReplyFor(path, Chat(R"(, "logprobs": 2)")),
                HasSubstr("logprobs: expected a boolean"));
  }
}

TEST(ProbabilitiesTest, AnEngineElsewhereIsNotAskedForThem) {
  HttpView view = FakeView();
  view.chats_elsewhere = true;
  for (const char* const path : {"/v1/chat/completions", "/api/chat"}) {
    EXPECT_THAT(ReplyFor(path, Chat(R"(, "logprobs": true)"), "POST", view),
                HasSubstr("an engine elsewhere"));
    EXPECT_EQ(ReplyFor(path, Chat(""), "POST", view), "text");
  }
}

}  // namespace
}  // namespace krait::daemon
