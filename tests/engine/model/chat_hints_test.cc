// SPDX-License-Identifier: Apache-2.0
#include "engine/model/chat_hints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/file/gguf.h"
#include "tests/engine/file/gguf_builder.h"

namespace krait::engine {
namespace {

using testing::HasSubstr;
using testing::Optional;

constexpr uint32_t kInt32 = 5;
constexpr uint32_t kFloat = 6;

Result<ChatHints> HintsOf(const GgufBuilder& builder) {
  const std::string bytes = builder.Build();
  const auto gguf = GgufFile::Parse(bytes, "memory.gguf");
  if (!gguf) return gguf.error();
  return ReadChatHints(**gguf);
}

std::string WhyHintsAreRefused(std::string_view generation_config) {
  const auto hints = ParseGenerationConfig(generation_config, "g.json");
  return hints ? "" : hints.error().message;
}

TEST(ChatHintsTest, AGgufFileHasThemAsKeys) {
  GgufBuilder builder;
  builder.StringKey("tokenizer.chat_template", "{{ x }}")
      .Key<float>("general.sampling.temp", kFloat, 0.5F)
      .Key<float>("general.sampling.top_p", kFloat, 0.75F)
      .Key<float>("general.sampling.min_p", kFloat, 0.25F)
      .Key<float>("general.sampling.penalty_repeat", kFloat, 1.5F)
      .Key<int32_t>("general.sampling.top_k", kInt32, 20);
  const auto hints = HintsOf(builder);
  ASSERT_TRUE(hints) << hints.error().message;
  EXPECT_EQ(hints->jinja, "{{ x }}");
  EXPECT_THAT(hints->sampling.temperature, Optional(0.5F));
  EXPECT_THAT(hints->sampling.top_p, Optional(0.75F));
  EXPECT_THAT(hints->sampling.min_p, Optional(0.25F));
  EXPECT_THAT(hints->sampling.repetition_penalty, Optional(1.5F));
  EXPECT_THAT(hints->sampling.top_k, Optional(20U));
}

TEST(ChatHintsTest, AFileMaySayNothing) {
  const auto hints = HintsOf(GgufBuilder());
  ASSERT_TRUE(hints);
  EXPECT_FALSE(hints->jinja);
  EXPECT_FALSE(hints->sampling.temperature);
  EXPECT_FALSE(hints->sampling.top_k);
}

TEST(ChatHintsTest, AWrongKeyIsNamed) {
  GgufBuilder hot;
  hot.Key<float>("general.sampling.temp", kFloat, -1);
  auto hints = HintsOf(hot);
  ASSERT_FALSE(hints);
  EXPECT_EQ(hints.error().message,
            "memory.gguf: 'general.sampling.temp': expected a number from 0 "
            "to 100, found -1");
  GgufBuilder typed;
  typed.Key<int32_t>("tokenizer.chat_template", kInt32, 1);
  hints = HintsOf(typed);
  ASSERT_FALSE(hints);
  EXPECT_THAT(hints.error().message, HasSubstr("tokenizer.chat_template"));
}

TEST(ChatHintsTest, GenerationConfigIsRead) {
  const auto hints = ParseGenerationConfig(
      R"({"do_sample": true, "temperature": 0.7, "top_k": 20, "top_p": 0.8,
          "min_p": null, "repetition_penalty": 1.05, "eos_token_id": [1, 2]})",
      "g.json");
  ASSERT_TRUE(hints) << hints.error().message;
  EXPECT_THAT(hints->temperature, Optional(0.7F));
  EXPECT_THAT(hints->top_k, Optional(20U));
  EXPECT_THAT(hints->top_p, Optional(0.8F));
  EXPECT_FALSE(hints->min_p);
  EXPECT_THAT(hints->repetition_penalty, Optional(1.05F));
}

TEST(ChatHintsTest, WhoDoesNotSampleIsGreedy) {
  const auto hints = ParseGenerationConfig(
      R"({"do_sample": false, "temperature": 0.7, "top_k": -1})", "g.json");
  ASSERT_TRUE(hints);
  EXPECT_THAT(hints->temperature, Optional(0.0F));
  EXPECT_THAT(hints->top_k, Optional(0U));
}

TEST(ChatHintsTest, WrongGenerationConfigsAreNamed) {
  EXPECT_THAT(WhyHintsAreRefused(R"({"top_p": 1.5})"),
              HasSubstr("g.json: 'top_p'"));
  EXPECT_THAT(WhyHintsAreRefused(R"({"min_p": -0.5})"), HasSubstr("min_p"));
  EXPECT_THAT(WhyHintsAreRefused(R"({"temperature": "hot"})"),
              HasSubstr("temperature"));
  EXPECT_THAT(WhyHintsAreRefused(R"({"repetition_penalty": 0})"),
              HasSubstr("repetition_penalty"));
  EXPECT_THAT(WhyHintsAreRefused(R"({"do_sample": 3})"),
              HasSubstr("do_sample"));
  EXPECT_NE(WhyHintsAreRefused("[]"), "");
}

TEST(ChatHintsTest, OfSeveralTemplatesTheDefaultOneCounts) {
  const auto jinja = ParseChatTemplate(
      R"({"chat_template": [{"name": "tool_use", "template": "tools"},
                            {"name": "default", "template": "chat"}]})",
      "t.json");
  ASSERT_TRUE(jinja) << jinja.error().message;
  EXPECT_THAT(*jinja, Optional(std::string("chat")));
  const auto wrong =
      ParseChatTemplate(R"({"chat_template": [{"name": 1}]})", "t.json");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("chat_template"));
}

class ChatHintsOfDirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void Write(const char* name, std::string_view text) {
    std::ofstream(directory_ / name, std::ios::binary) << text;
  }
  const std::filesystem::path directory_ =
      std::filesystem::path(testing::TempDir()) / "chat_hints_test";
};

TEST_F(ChatHintsOfDirectoryTest, HasThemInSeveralFiles) {
  auto hints = ReadChatHints(directory_);
  ASSERT_TRUE(hints);
  EXPECT_FALSE(hints->jinja);

  Write("tokenizer_config.json", R"({"chat_template": "of the config"})");
  Write("generation_config.json", R"({"temperature": 0.25})");
  hints = ReadChatHints(directory_);
  ASSERT_TRUE(hints);
  EXPECT_EQ(hints->jinja, "of the config");
  EXPECT_THAT(hints->sampling.temperature, Optional(0.25F));

  Write("chat_template.jinja", "of its own file");
  hints = ReadChatHints(directory_);
  ASSERT_TRUE(hints);
  EXPECT_EQ(hints->jinja, "of its own file");
}

TEST_F(ChatHintsOfDirectoryTest, ABrokenFileIsNamed) {
  Write("generation_config.json", "{");
  const auto hints = ReadChatHints(directory_);
  ASSERT_FALSE(hints);
  EXPECT_THAT(hints.error().message, HasSubstr("generation_config.json"));
}

}  // namespace
}  // namespace krait::engine
