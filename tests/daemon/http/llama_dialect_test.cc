// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "base/json_text.h"
#include "tests/daemon/http/fake_vocabulary.h"

namespace krait::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kInfill = R"({"input_prefix": "a\n", "prompt": "b",
    "input_suffix": "c", "n_predict": 5, "stop": ["x", "yy"], "n_indent": 4,
    "t_max_predict_ms": 250, "id_slot": 0, "samplers": ["infill"],
    "input_extra": [{"filename": "e.c", "text": "extra", "time": 1}]})";

TEST(LlamaInfillTest, ReadsThePlace) {
  const TextWork work = TextFor("/infill", kInfill);
  ASSERT_TRUE(work.request.place);
  EXPECT_EQ(work.request.place->before, "a\nb");
  EXPECT_EQ(work.request.place->after, "c");
  ASSERT_EQ(work.request.place->others.size(), 1U);
  EXPECT_EQ(work.request.place->others[0].name, "e.c");
  EXPECT_EQ(work.request.place->others[0].source->Read(3), "ext");
  EXPECT_EQ(work.request.max_tokens, 5U);
  EXPECT_THAT(work.request.stops, ElementsAre("x", "yy"));
  EXPECT_EQ(work.request.least_indent, 4U);
  EXPECT_EQ(work.request.most_time, std::chrono::milliseconds(250));
  EXPECT_EQ(work.request.sampling.temperature, 0);
  EXPECT_EQ(work.request.sampling.seed, 42U);
}

TEST(LlamaInfillTest, TakesNumbersAsClientsWriteThem) {
  const TextWork work = TextFor("/infill",
                                R"({"input_prefix": "", "input_suffix": "",
      "n_predict": 7.0, "temperature": 1, "top_k": -1, "seed": -1,
      "n_cmpl": 99, "t_max_predict_ms": null, "stop": "one"})");
  EXPECT_EQ(work.request.max_tokens, 7U);
  EXPECT_EQ(work.request.sampling.temperature, 1);
  EXPECT_EQ(work.request.sampling.top_k, 0U);
  EXPECT_EQ(work.request.sampling.seed, 42U);
  EXPECT_EQ(work.request.choices, 8U);
  EXPECT_THAT(work.request.stops, ElementsAre("one"));
  const TextWork endless =
      TextFor("/infill",
              R"({"input_prefix": "", "input_suffix": "", "n_predict": -1})");
  EXPECT_EQ(endless.request.max_tokens, 16384U);
}

TEST(LlamaInfillTest, ErrorsNameTheField) {
  EXPECT_THAT(ReplyFor("/infill", R"({"input_prefix": ""})"),
              HasSubstr("input_suffix: expected a string"));
  EXPECT_THAT(ReplyFor("/infill", R"({"input_prefix": "", "input_suffix": "",
                                      "n_predict": 1.5})"),
              HasSubstr("n_predict: expected an integer"));
  EXPECT_THAT(ReplyFor("/infill", R"({"input_prefix": "", "input_suffix": "",
                                      "input_extra": [{"text": 1}]})"),
              HasSubstr("input_extra[0].text: expected a string"));
  EXPECT_THAT(ReplyFor("/infill", R"({"input_prefix": "", "input_suffix": "",
                                      "stop": [1]})"),
              HasSubstr("stop[0]: expected a string"));
  EXPECT_THAT(ReplyFor("/infill", "{"), HasSubstr("not valid JSON"));
}

TEST(LlamaAnswerTest, HasNoSpaceAndTrueCounts) {
  const TextWork work = TextFor("/infill", kInfill);
  const std::string text = work.writer->Whole(AnswerAb());
  EXPECT_THAT(text, HasSubstr(R"("content":"ab")"));
  const boost::json::value answer = base::JsonOf(text);
  const auto& timings = answer.at("timings").as_object();
  EXPECT_EQ(timings.at("cache_n"), 7);
  EXPECT_EQ(timings.at("prompt_n"), 3);
  EXPECT_EQ(timings.at("prompt_ms"), 6);
  EXPECT_EQ(timings.at("prompt_per_second"), 500);
  EXPECT_EQ(timings.at("predicted_n"), 2);
  EXPECT_EQ(timings.at("predicted_per_token_ms"), 2);
  EXPECT_EQ(answer.at("tokens_evaluated"), 10);
  EXPECT_EQ(answer.at("tokens_cached"), 12);
  EXPECT_EQ(answer.at("tokens"), boost::json::array({97, 98}));
  EXPECT_EQ(answer.at("stop_type"), "eos");
  EXPECT_EQ(answer.at("generation_settings").at("n_ctx"), 4096);
}

TEST(LlamaAnswerTest, FieldsAreFlat) {
  const TextWork work = TextFor(
      "/infill", R"({"input_prefix": "", "input_suffix": "", "response_fields":
                 ["content", "timings/prompt_n", "none", "timings/none",
                  "content/none", ""]})");
  EXPECT_EQ(work.writer->Whole(AnswerAb()),
            R"({"content":"ab","timings/prompt_n":3})");
}

TEST(LlamaAnswerTest, SeveralAreAnArray) {
  const TextWork work = TextFor(
      "/infill", R"({"input_prefix": "", "input_suffix": "", "n_cmpl": 2,
                     "response_fields": ["index", "content"]})");
  TextAnswer answer = AnswerAb();
  answer.choices.push_back({.text = "c"});
  EXPECT_EQ(work.writer->Whole(answer),
            R"([{"index":0,"content":"ab"},{"index":1,"content":"c"}])");
}

TEST(LlamaAnswerTest, Streams) {
  const TextWork work = TextFor(
      "/completion", R"({"prompt": "p", "stream": true, "n_probs": 1})");
  EXPECT_EQ(work.writer->stream_type(), "text/event-stream");
  const std::string part = work.writer->Part(
      {.text = "a", .pieces = {{.id = 97, .bytes = "a", .logprob = -0.5F}}});
  EXPECT_TRUE(part.starts_with("data: {"));
  EXPECT_TRUE(part.ends_with("}\n\n"));
  EXPECT_THAT(part, HasSubstr(R"("stop":false)"));
  EXPECT_THAT(part, HasSubstr(R"("logprob":-0.5)"));
  const std::string end = work.writer->Whole(AnswerAb());
  EXPECT_THAT(end, HasSubstr(R"("content":"")"));
  EXPECT_THAT(end, HasSubstr(R"("stop":true)"));
}

TEST(LlamaCompletionTest, AnswersHaveTheTextOfAnyBytes) {
  TextAnswer answer = AnswerAb();
  answer.choices[0].text = "\xff\"";
  const TextWork work = TextFor("/completion", R"({"prompt": "p"})");
  EXPECT_THAT(work.writer->Whole(answer),
              HasSubstr("\"content\":\"\xef\xbf\xbd\\\"\""));
}

TEST(LlamaCompletionTest, LaidOutPromptsHaveControlTokens) {
  const TextWork text = TextFor("/completion", R"({"prompt": "a<end>"})");
  EXPECT_THAT(text.request.pieces, ElementsAre(256, 97, 257));
  const TextWork ids = TextFor("/completion", R"({"prompt": [97, 257]})");
  EXPECT_THAT(ids.request.pieces, ElementsAre(97, 257));
  EXPECT_THAT(ReplyFor("/completion", R"({"prompt": [258]})"),
              HasSubstr("258 is no token"));
  EXPECT_THAT(ReplyFor("/completion", R"({"prompt": ["a", "b"]})"),
              HasSubstr("expected one prompt"));
}

TEST(LlamaTokensTest, ThereAndBack) {
  EXPECT_EQ(ReplyFor("/tokenize", R"({"content": "a<end>"})"),
            R"({"tokens":[97,257]})");
  EXPECT_EQ(ReplyFor("/tokenize", R"({"content": "a", "add_special": true,
                                      "with_pieces": true})"),
            R"({"tokens":[{"id":256,"piece":"<begin>"},)"
            R"({"id":97,"piece":"a"}]})");
  EXPECT_EQ(ReplyFor("/detokenize", R"({"tokens": [97, 257]})"),
            R"({"content":"a<end>"})");
  EXPECT_EQ(ReplyFor("/apply-template",
                     R"({"messages": [{"role": "user", "content": "<end>"}]})"),
            R"({"prompt":"<begin>user:<end>|"})");
}

TEST(LlamaStateTest, SaysWhatThereIs) {
  EXPECT_EQ(ReplyFor("/health", "", "GET"), R"({"status":"ok"})");
  EXPECT_THAT(ReplyFor("/props", "", "GET"),
              HasSubstr(R"("chat_template":"{{ jinja }}")"));
  EXPECT_THAT(ReplyFor("/slots", "", "GET"),
              HasSubstr(R"("is_processing":false)"));
  EXPECT_THAT(ReplyFor("/metrics", "", "GET"),
              HasSubstr("\nllamacpp:prompt_tokens_total 0\n"));
  EXPECT_THAT(ReplyFor("/metrics", "", "GET"), Not(HasSubstr("fake")));
}

TEST(LlamaErrorTest, HasItsShape) {
  const HttpReply reply =
      ErrorReply(FindRoute("POST", "/infill").dialect, 503, "Loading model");
  EXPECT_EQ(reply.body, R"({"error":{"code":503,"message":"Loading model",)"
                        R"("type":"unavailable_error"}})");
}

}  // namespace
}  // namespace krait::daemon
