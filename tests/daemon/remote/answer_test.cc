// SPDX-License-Identifier: Apache-2.0
#include "daemon/remote/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace krait::remote {
namespace {

using testing::HasSubstr;

TEST(RemoteAnswerReaderTest, ReadsACompletionsEvents) {
  const auto part = ReadAnswer(
      R"({"id":"x","choices":[{"index":0,"text":"a b","finish_reason":null}]})",
      AnswerShape::kText);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->text, "a b");
  EXPECT_FALSE(part->end);
  const auto last = ReadAnswer(
      R"({"choices":[{"text":"","finish_reason":"length"}],
          "usage":{"prompt_tokens":10,"completion_tokens":3,
                   "prompt_tokens_details":{"cached_tokens":8}}})",
      AnswerShape::kText);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->end, AnswerEnd::kLimit);
  EXPECT_EQ(last->prompt_tokens, 10U);
  EXPECT_EQ(last->cached_tokens, 8U);
  EXPECT_EQ(last->answer_tokens, 3U);
  const auto done = ReadAnswer("[DONE]", AnswerShape::kText);
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->done);
}

TEST(RemoteAnswerReaderTest, ReadsMessagesAndTheirDeltas) {
  for (const char* const choice :
       {R"({"delta":{"role":"assistant","content":"hi"}})",
        R"({"message":{"content":"hi"},"finish_reason":"stop"})",
        R"({"delta":{"content":[{"type":"text","text":"h"},
                                   {"type":"text","text":"i"}]}})"}) {
    const auto part = ReadAnswer(std::string(R"({"choices":[)") + choice + "]}",
                                 AnswerShape::kMessage);
    ASSERT_TRUE(part) << choice << part.error().message;
    EXPECT_EQ(part->text, "hi") << choice;
  }
  const auto usage = ReadAnswer(
      R"({"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":1}})",
      AnswerShape::kMessage);
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->prompt_tokens, 4U);
}

TEST(RemoteAnswerReaderTest, ReadsLlamasInfill) {
  const auto part =
      ReadAnswer(R"({"content":"x","stop":false})", AnswerShape::kLlama);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->text, "x");
  EXPECT_FALSE(part->done);
  const auto last = ReadAnswer(
      R"({"content":"","stop":true,"stop_type":"eos","tokens_evaluated":12,
          "tokens_predicted":2,"timings":{"cache_n":11}})",
      AnswerShape::kLlama);
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->done);
  EXPECT_EQ(last->end, AnswerEnd::kComplete);
  EXPECT_EQ(last->cached_tokens, 11U);
}

TEST(RemoteAnswerReaderTest, SaysWhatIsWrong) {
  const auto message = [](const char* text, AnswerShape shape) {
    const auto part = ReadAnswer(text, shape);
    return part ? std::string("no error") : part.error().message;
  };
  EXPECT_THAT(message("{", AnswerShape::kText), HasSubstr("not valid JSON"));
  EXPECT_THAT(message("[]", AnswerShape::kText), HasSubstr("choices"));
  EXPECT_THAT(message(R"({"choices":[{"text":5}]})", AnswerShape::kText),
              HasSubstr("text: expected a string"));
  EXPECT_THAT(message(R"({"choices":[{"delta":{"content":5}}]})",
                      AnswerShape::kMessage),
              HasSubstr("content: expected a text or its parts"));
  // As vLLM says it in the middle of a stream, and llama-server.
  EXPECT_EQ(message(R"({"error":{"message":"out of memory","code":500}})",
                    AnswerShape::kText),
            "out of memory");
}

TEST(RemoteAnswerReaderTest, FindsTheReasonInAnErrorsBody) {
  EXPECT_EQ(ReasonIn(R"({"error":{"message":"too\n many"}})"), "too many");
  EXPECT_EQ(ReasonIn(R"({"object":"error","message":"no suffix"})"),
            "no suffix");
  EXPECT_EQ(ReasonIn(R"({"detail":"Unauthorized"})"), "Unauthorized");
  EXPECT_EQ(ReasonIn("<html><body>502</body></html>"), "");
  EXPECT_EQ(ReasonIn("busy\r\n"), "busy ");
  EXPECT_EQ(ReasonIn("\x1b[31m" + std::string(1000, 'x')).size(), 200U);
}

}  // namespace
}  // namespace krait::remote
