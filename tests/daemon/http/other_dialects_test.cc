// SPDX-License-Identifier: Apache-2.0
//
// OpenAI's, Mistral's and Ollama's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/json_text.h"
#include "daemon/http/embeddings.h"
#include "tests/daemon/http/fake_vocabulary.h"

namespace krait::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

boost::json::value WholeOf(const TextWork& work,
                           const TextAnswer& answer = AnswerAb()) {
  return base::JsonOf(work.writer->Whole(answer));
}

TEST(OpenAiModelsTest, MistralsClientsFindWhatTheyInsistOn) {
  const auto models = base::JsonOf(ReplyFor("/v1/models", "", "GET"));
  const auto& model = models.at("data").at(0);
  EXPECT_EQ(model.at("type"), "base");
  EXPECT_EQ(model.at("capabilities").at("completion_fim"), true);
  EXPECT_EQ(model.at("capabilities").at("completion_chat"), true);
}

TEST(OpenAiCompletionTest, ASuffixMakesAPlace) {
  const TextWork work = TextFor(
      "/v1/completions",
      R"({"model": "any", "prompt": "a<end>", "suffix": "<end>b", "n": 2})");
  ASSERT_TRUE(work.request.place);
  EXPECT_EQ(work.request.place->before, "a<end>");
  EXPECT_EQ(work.request.place->after, "<end>b");
  EXPECT_EQ(work.request.sampling.temperature, 0);
  EXPECT_EQ(work.request.choices, 2U);
  EXPECT_EQ(work.request.max_tokens, 16U);
}

TEST(OpenAiCompletionTest, WithoutOneThePromptIsAsLaidOut) {
  const TextWork work =
      TextFor("/v1/completions",
              R"({"prompt": ["a<end>"], "max_tokens": 9, "seed": 3})");
  EXPECT_FALSE(work.request.place);
  EXPECT_THAT(work.request.pieces, ElementsAre(256, 97, 257));
  EXPECT_EQ(work.request.sampling.temperature, 1);
  EXPECT_EQ(work.request.sampling.seed, 3U);
}

TEST(OpenAiCompletionTest, AnswersWithChoicesAndUsage) {
  const TextWork work = TextFor(
      "/v1/completions", R"({"prompt": "p", "logprobs": 1, "echo": true})");
  const auto answer = WholeOf(work, AnswerAb(TextEnd::kLimit));
  EXPECT_EQ(answer.at("object"), "text_completion");
  EXPECT_EQ(answer.at("created"), 1'700'000'000);
  const auto& choice = answer.at("choices").at(0);
  EXPECT_EQ(choice.at("text"), "pab");
  EXPECT_EQ(choice.at("finish_reason"), "length");
  EXPECT_EQ(choice.at("logprobs").at("tokens"), boost::json::array({"a", "b"}));
  EXPECT_EQ(choice.at("logprobs").at("text_offset"),
            boost::json::array({1, 2}));
  const auto& usage = answer.at("usage");
  EXPECT_EQ(usage.at("prompt_tokens"), 10);
  EXPECT_EQ(usage.at("completion_tokens"), 2);
  EXPECT_EQ(usage.at("prompt_tokens_details").at("cached_tokens"), 7);
}

TEST(OpenAiCompletionTest, StreamsEvents) {
  const TextWork work = TextFor("/v1/completions",
                                R"({"prompt": "p", "stream": true,
                  "stream_options": {"include_usage": true}})");
  const std::string part = work.writer->Part({.text = "ab", .pieces = {}});
  EXPECT_THAT(part, HasSubstr(R"("text":"ab")"));
  EXPECT_THAT(part, HasSubstr(R"("finish_reason":null)"));
  const std::string end = work.writer->Whole(AnswerAb());
  EXPECT_THAT(end, HasSubstr(R"("finish_reason":"stop")"));
  EXPECT_THAT(end, HasSubstr(R"("choices":[],"usage":{)"));
  EXPECT_TRUE(end.ends_with("\n\ndata: [DONE]\n\n"));
}

TEST(OpenAiCompletionTest, ErrorsNameTheField) {
  EXPECT_THAT(ReplyFor("/v1/completions", "{}"), HasSubstr("prompt: expected"));
  EXPECT_THAT(ReplyFor("/v1/completions", R"({"prompt": "p", "n": 9})"),
              HasSubstr("n: expected a number from 1 to 8"));
  EXPECT_THAT(ReplyFor("/v1/completions", R"({"prompt": [1], "suffix": "x"})"),
              HasSubstr("expected a string beside a suffix"));
}

constexpr const char* kChat = R"({"messages": [
    {"role": "system", "content": "be <end>"},
    {"role": "user", "content": [{"type": "text", "text": "h"},
                                 {"type": "text", "text": "i"}]}],
    "max_tokens": 5})";

TEST(OpenAiChatTest, WhatIsSaidBecomesNoControlToken) {
  const TextWork work = TextFor("/v1/chat/completions", kChat);
  EXPECT_EQ(FakeVocabulary().Text(work.request.pieces, true),
            "<begin>system:be <end>|user:hi|");
  EXPECT_THAT(work.request.pieces, Not(testing::Contains(257U)));
  EXPECT_EQ(work.request.max_tokens, 5U);
  EXPECT_FLOAT_EQ(work.request.sampling.temperature, 0.7F);
}

TEST(OpenAiChatTest, MessagesBeginWithWords) {
  const TextWork work = TextFor("/v1/chat/completions", kChat);
  TextAnswer answer = AnswerAb();
  answer.choices[0].text = " \nHello ";
  const auto body = WholeOf(work, answer);
  EXPECT_EQ(body.at("object"), "chat.completion");
  EXPECT_EQ(body.at("choices").at(0).at("message").at("content"), "Hello ");
}

TEST(OpenAiChatTest, StreamsARoleThenWords) {
  const TextWork work = TextFor(
      "/v1/chat/completions",
      R"({"messages": [{"role": "user", "content": "x"}], "stream": true})");
  EXPECT_EQ(work.writer->Part({.text = " \n", .pieces = {}}), "");
  const std::string first = work.writer->Part({.text = " a", .pieces = {}});
  EXPECT_THAT(first, HasSubstr(R"("delta":{"role":"assistant","content":""})"));
  EXPECT_THAT(first, HasSubstr(R"("delta":{"content":"a"})"));
  const std::string second = work.writer->Part({.text = " b", .pieces = {}});
  EXPECT_THAT(second, Not(HasSubstr("role")));
  EXPECT_THAT(second, HasSubstr(R"("delta":{"content":" b"})"));
  EXPECT_THAT(work.writer->Whole(AnswerAb()),
              HasSubstr(R"("delta":{},"finish_reason":"stop")"));
  EXPECT_THAT(work.writer->Failed("broken"),
              HasSubstr(R"("message":"broken")"));
}

TEST(OpenAiChatTest, WhatKraitCannotDoIsAnError) {
  const auto ask = [](const std::string& more) {
    return ReplyFor(
        "/v1/chat/completions",
        R"({"messages": [{"role": "user", "content": "x"}])" + more + "}");
  };
  EXPECT_EQ(ask(""), "text");
  EXPECT_EQ(ask(R"(, "tools": [], "response_format": {"type": "text"})"),
            "text");
  EXPECT_THAT(ask(R"(, "tools": [{"type": "function"}])"),
              HasSubstr("call no tools"));
  EXPECT_THAT(ask(R"(, "response_format": {"type": "json_object"})"),
              HasSubstr("response_format.type: expected \"text\""));
  EXPECT_THAT(ReplyFor("/v1/chat/completions", R"({"messages": []})"),
              HasSubstr("messages: expected at least one"));
  EXPECT_THAT(ReplyFor("/v1/chat/completions",
                       R"({"messages": [{"role": "tool", "content": "x"}]})"),
              HasSubstr("messages[0].role: expected"));
  EXPECT_THAT(ReplyFor("/v1/chat/completions",
                       R"({"messages": [{"role": "user", "content":
                           [{"type": "image_url"}]}]})"),
              HasSubstr("content[0].type: expected \"text\""));
  EXPECT_EQ(ReplyFor("/v1/chat/completions", kChat, "POST", FakeView(false)),
            "error: it was not trained to");
}

TEST(OpenAiModelsTest, NamesTheOneThereIs) {
  const auto models = base::JsonOf(ReplyFor("/v1/models", "", "GET"));
  EXPECT_EQ(models.at("data").at(0).at("id"), "fake");
}

EmbeddingWork EmbeddingFor(std::string_view path, std::string body) {
  auto work = ReadFor(path, std::move(body), FakeView());
  if (!work) {
    ADD_FAILURE() << work.error().message;
    return {};
  }
  return std::get<EmbeddingWork>(std::move(*work));
}

// Of two texts.
const Embedded kEmbedded = {.vectors = {{0.5F, -0.5F}, {0.25F, 0.75F}},
                            .tokens = 7};

boost::json::value EmbeddingReply(const EmbeddingWork& work) {
  return base::JsonOf(work.reply(kEmbedded).body);
}

TEST(EmbeddingTest, EachDialectReadsAndSaysItInItsWay) {
  for (const char* const path :
       {"/v1/embeddings", "/api/embed", "/embedding"}) {
    const auto one = EmbeddingFor(path, R"({"input": "a"})");
    EXPECT_THAT(one.texts, ElementsAre("a")) << path;
    const auto two =
        EmbeddingFor(path, R"({"model": "m", "input": ["a", ""]})");
    EXPECT_THAT(two.texts, ElementsAre("a", "")) << path;
  }
  const auto openai = EmbeddingReply(
      EmbeddingFor("/v1/embeddings", R"({"model": "m", "input": ["a", "b"]})"));
  EXPECT_EQ(openai.at("model"), "m");
  EXPECT_EQ(openai.at("data").at(0).at("embedding"),
            boost::json::array({0.5, -0.5}));
  EXPECT_EQ(openai.at("data").at(1).at("index"), 1);
  EXPECT_EQ(openai.at("usage").at("prompt_tokens"), 7);
  const auto ollama =
      EmbeddingReply(EmbeddingFor("/api/embed", R"({"input": ["a", "b"]})"));
  EXPECT_EQ(ollama.at("embeddings").at(1), boost::json::array({0.25, 0.75}));
  EXPECT_EQ(ollama.at("prompt_eval_count"), 7);
  const auto earlier =
      EmbeddingReply(EmbeddingFor("/api/embeddings", R"({"prompt": "a"})"));
  EXPECT_EQ(earlier.at("embedding"), boost::json::array({0.5, -0.5}));
  const auto llama =
      EmbeddingReply(EmbeddingFor("/embedding", R"({"content": "a"})"));
  EXPECT_EQ(llama.at(1).at("embedding").at(0),
            boost::json::array({0.25, 0.75}));
}

TEST(EmbeddingTest, VectorsCanBeBase64) {
  const auto work = EmbeddingFor(
      "/v1/embeddings", R"({"input": "a", "encoding_format": "base64"})");
  EXPECT_EQ(EmbeddingReply(work).at("data").at(0).at("embedding"),
            "AAAAPwAAAL8=");
  EXPECT_EQ(Base64Of({1}), "AACAPw==");
  EXPECT_EQ(Base64Of({1, 0.5F, -0.5F}), "AACAPwAAAD8AAAC/");
}

TEST(EmbeddingTest, WrongFieldsAreNamed) {
  const auto ask = [](const std::string& fields) {
    return ReplyFor("/v1/embeddings", "{" + fields + "}");
  };
  EXPECT_THAT(ask(""), HasSubstr("input: expected a string"));
  EXPECT_THAT(ask(R"("input": [])"), HasSubstr("input: expected at least one"));
  EXPECT_THAT(ask(R"("input": [[1, 2]])"),
              HasSubstr("input[0]: expected a string"));
  EXPECT_THAT(ask(R"("input": "a", "encoding_format": "int8")"),
              HasSubstr("encoding_format: expected \"float\" or"));
  EXPECT_THAT(ask(R"("input": "a", "dimensions": 64)"),
              HasSubstr("dimensions: expected nothing"));
  EXPECT_THAT(ReplyFor("/api/embeddings", "{}"), HasSubstr("prompt: expected"));
}

TEST(OpenAiErrorTest, HasItsShape) {
  EXPECT_EQ(
      ErrorReply(FindRoute("POST", "/v1/completions").dialect, 401, "no").body,
      R"({"error":{"message":"no","type":"authentication_error",)"
      R"("param":null,"code":"invalid_api_key"}})");
}

TEST(MistralFimTest, FillsInAndKeepsWhiteSpace) {
  const TextWork work = TextFor("/v1/fim/completions", R"({"prompt": "a",
      "suffix": "b", "max_tokens": 4, "min_tokens": 1, "random_seed": 5,
      "temperature": 0.5, "stop": ["x"]})");
  ASSERT_TRUE(work.request.place);
  EXPECT_EQ(work.request.sampling.seed, 5U);
  EXPECT_FLOAT_EQ(work.request.sampling.temperature, 0.5F);
  EXPECT_THAT(work.request.stops, ElementsAre("x"));
  TextAnswer answer = AnswerAb();
  answer.choices[0].text = "  c";
  EXPECT_EQ(
      WholeOf(work, answer).at("choices").at(0).at("message").at("content"),
      "  c");
}

TEST(MistralFimTest, EachEventOfAStreamHasAChoice) {
  const TextWork work =
      TextFor("/v1/fim/completions", R"({"prompt": "a", "stream": true})");
  const std::string end = work.writer->Whole(AnswerAb());
  EXPECT_THAT(end, Not(HasSubstr(R"("choices":[])")));
  EXPECT_THAT(end, HasSubstr(R"("finish_reason":"stop")"));
  EXPECT_THAT(end, HasSubstr(R"("usage":{"prompt_tokens":10)"));
}

TEST(MistralFimTest, ErrorsHaveItsShapeAndStatus) {
  const auto work =
      ReadFor("/v1/fim/completions", R"({"prompt": 1})", FakeView());
  ASSERT_FALSE(work);
  const Dialect& dialect = *FindRoute("POST", "/v1/fim/completions").dialect;
  EXPECT_EQ(StatusOf(dialect, work.error()), 422U);
  EXPECT_THAT(dialect.error_body(422, "x"),
              HasSubstr(R"({"object":"error","message":"x",)"));
}

TEST(OllamaGenerateTest, KnowsThreeKindsOfPrompts) {
  const TextWork place =
      TextFor("/api/generate", R"({"prompt": "a", "suffix": "b",
      "options": {"num_predict": 3, "stop": ["x"], "num_ctx": 1}})");
  ASSERT_TRUE(place.request.place);
  EXPECT_EQ(place.request.max_tokens, 3U);
  EXPECT_EQ(place.request.sampling.temperature, 0);
  const TextWork raw =
      TextFor("/api/generate", R"({"prompt": "a<end>", "raw": true})");
  EXPECT_THAT(raw.request.pieces, ElementsAre(256, 97, 257));
  const TextWork chat =
      TextFor("/api/generate", R"({"prompt": "a<end>", "system": "s"})");
  EXPECT_EQ(FakeVocabulary().Text(chat.request.pieces, true),
            "<begin>system:s|user:a<end>|");
  const TextWork plain =
      TextFor("/api/generate", R"({"prompt": "a<end>"})", FakeView(false));
  EXPECT_EQ(FakeVocabulary().Text(plain.request.pieces, false), "a<end>");
}

TEST(OllamaGenerateTest, AnswersInLines) {
  const TextWork work =
      TextFor("/api/generate", R"({"model": "m", "prompt": "a", "raw": true})");
  EXPECT_EQ(work.writer->stream_type(), "application/x-ndjson");
  EXPECT_EQ(work.writer->Part({.text = "a", .pieces = {}}),
            R"({"model":"m","created_at":"2023-11-14T22:13:20Z",)"
            R"("response":"a","done":false})"
            "\n");
  const auto end = WholeOf(work, AnswerAb(TextEnd::kLimit));
  EXPECT_EQ(end.at("response"), "");
  EXPECT_EQ(end.at("done_reason"), "length");
  EXPECT_EQ(end.at("prompt_eval_count"), 10);
  EXPECT_EQ(end.at("prompt_cached_count"), 7);
  EXPECT_EQ(end.at("eval_count"), 2);
  EXPECT_EQ(end.at("eval_duration"), 4'000'000);
  const TextWork whole = TextFor(
      "/api/generate", R"({"prompt": "a", "raw": true, "stream": false})");
  EXPECT_FALSE(whole.writer->stream_type());
  EXPECT_EQ(WholeOf(whole).at("response"), "ab");
}

TEST(OllamaChatTest, AnswersWithAMessage) {
  const TextWork work = TextFor("/api/chat", R"({"stream": false, "messages":
      [{"role": "user", "content": "x"}]})");
  EXPECT_EQ(WholeOf(work).at("message").at("content"), "ab");
  EXPECT_THAT(ReplyFor("/api/chat", R"({"messages": []})"),
              HasSubstr(R"("done_reason":"load")"));
  EXPECT_THAT(ReplyFor("/api/generate", R"({"model": "m"})"),
              HasSubstr(R"("done_reason":"load")"));
}

TEST(OllamaModelsTest, SaysWhatThereIs) {
  const auto tags = base::JsonOf(ReplyFor("/api/tags", "", "GET"));
  const auto& details = tags.at("models").at(0).at("details");
  EXPECT_EQ(details.at("parameter_size"), "5.5M");
  EXPECT_EQ(details.at("quantization_level"), "Q8_0");
  const auto show = base::JsonOf(ReplyFor("/api/show", R"({"model": "x"})"));
  EXPECT_EQ(show.at("capabilities"),
            boost::json::array({"completion", "insert"}));
  EXPECT_EQ(show.at("model_info").at("mamba2.context_length"), 4096);
  EXPECT_THAT(ReplyFor("/api/version", "", "GET"), HasSubstr("version"));
  EXPECT_EQ(ErrorReply(FindRoute("GET", "/api/tags").dialect, 404, "no").body,
            R"({"error":"no"})");
}

TEST(RouteTest, FindsThePathAndTheMethod) {
  EXPECT_EQ(FindRoute("GET", "/nothing").dialect, nullptr);
  const FoundRoute wrong = FindRoute("DELETE", "/infill");
  ASSERT_NE(wrong.dialect, nullptr);
  EXPECT_EQ(wrong.route, nullptr);
  EXPECT_NE(FindRoute("HEAD", "/health").route, nullptr);
  for (const Dialect* const dialect : Dialects()) {
    for (const Route& route : dialect->routes) {
      EXPECT_EQ(FindRoute(route.method, route.path).dialect, dialect)
          << route.path;
    }
  }
}

}  // namespace
}  // namespace krait::daemon
