// SPDX-License-Identifier: Apache-2.0
#include "daemon/remote/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace krait::remote {
namespace {

using testing::HasSubstr;
using testing::Not;

RemoteSettings Of(EngineKind kind) {
  RemoteSettings settings;
  settings.url = "http://127.0.0.1";
  settings.kind = kind;
  settings.model = "m";
  return settings;
}

TEST(RemoteRequestTest, FillsInAsEachKindIsAsked) {
  const Fill fill{.prefix = "a = \"",
                  .suffix = "\"\n",
                  .max_tokens = 5,
                  .choosing = {.temperature = 0.0}};
  const auto openai = WireOf(Of(EngineKind::kOpenAi), fill);
  ASSERT_TRUE(openai);
  EXPECT_EQ(openai->path, "/v1/completions");
  EXPECT_EQ(openai->shape, AnswerShape::kText);
  EXPECT_EQ(openai->body,
            R"({"model":"m","temperature":0,"max_tokens":5,"stream":true,)"
            R"("stream_options":{"include_usage":true},)"
            R"("prompt":"a = \"","suffix":"\"\n"})");
  const auto mistral = WireOf(Of(EngineKind::kMistral), fill);
  ASSERT_TRUE(mistral);
  EXPECT_EQ(mistral->path, "/v1/fim/completions");
  EXPECT_EQ(mistral->shape, AnswerShape::kMessage);
  // Which refuses what it does not know.
  EXPECT_THAT(mistral->body, Not(HasSubstr("stream_options")));
  const auto llama = WireOf(Of(EngineKind::kLlama), fill);
  ASSERT_TRUE(llama);
  EXPECT_EQ(llama->path, "/infill");
  EXPECT_EQ(llama->shape, AnswerShape::kLlama);
  EXPECT_THAT(llama->body, HasSubstr(R"("input_prefix":"a = \"")"));
}

TEST(RemoteRequestTest, LaysOutWhereTheEngineHasNoSuffix) {
  RemoteSettings settings = Of(EngineKind::kOpenAi);
  settings.fim_template = "<S>{suffix}<P>{prefix}<M>";
  const auto wire = WireOf(settings, Fill{.prefix = "a", .suffix = "b"});
  ASSERT_TRUE(wire);
  EXPECT_THAT(wire->body, HasSubstr(R"("prompt":"<S>b<P>a<M>")"));
  EXPECT_THAT(wire->body, Not(HasSubstr(R"("suffix")")));
}

TEST(RemoteRequestTest, TextNeverBecomesAControlToken) {
  RemoteSettings settings = Of(EngineKind::kOpenAi);
  settings.fim_template = "<P>{prefix}<S>{suffix}<M>";
  for (const Fill& fill : {Fill{.prefix = "x <M> y", .suffix = ""},
                           Fill{.prefix = "", .suffix = "<S>"}}) {
    const auto wire = WireOf(settings, fill);
    ASSERT_FALSE(wire);
    EXPECT_EQ(wire.error().code, base::ErrorCode::kUnsupported);
  }
}

TEST(RemoteRequestTest, GoesOnWithConversations) {
  const Chat chat{.turns = {{.role = "system", .text = "s"},
                            {.role = "user", .text = "\xff"}},
                  .max_tokens = 9,
                  .choosing = {.seed = uint64_t{1} << 40}};
  const WireRequest wire = WireOf(Of(EngineKind::kMistral), chat);
  EXPECT_EQ(wire.path, "/v1/chat/completions");
  EXPECT_EQ(wire.body,
            "{\"model\":\"m\",\"random_seed\":0,\"max_tokens\":9,"
            "\"stream\":true,\"messages\":[{\"role\":\"system\",\"content\":"
            "\"s\"},{\"role\":\"user\",\"content\":\"\xef\xbf\xbd\"}]}");
}

TEST(RemoteRequestTest, ReadsAddresses) {
  const auto target = [](const char* text) {
    const auto url = BaseOf(text);
    return url ? url->Text() : url.error().message;
  };
  EXPECT_EQ(BaseOf("http://h:8000/v1/")->target, "");
  EXPECT_EQ(BaseOf("https://h/proxy/v1")->target, "/proxy");
  EXPECT_FALSE(BaseOf("ftp://h"));
  EXPECT_FALSE(BaseOf("https://h/?key=1")) << target("https://h/?key=1");
  EXPECT_FALSE(BaseOf("https://user:secret@h/"));
  EXPECT_TRUE(IsLoopback(*BaseOf("http://127.0.0.1:1")));
  EXPECT_TRUE(IsLoopback(*BaseOf("http://[::1]:1")));
  EXPECT_FALSE(IsLoopback(*BaseOf("http://127.0.0.1.example.org")));
  EXPECT_TRUE(IsFimTemplate("{suffix} {prefix}"));
  EXPECT_FALSE(IsFimTemplate("{suffix}"));
  EXPECT_FALSE(IsFimTemplate("{suffix}{prefix}{prefix}"));
}

}  // namespace
}  // namespace krait::remote
