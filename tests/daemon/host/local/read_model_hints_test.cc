// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/read_model_hints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "engine/file/gguf.h"
#include "tests/engine/file/gguf_builder.h"

namespace krait::daemon {
namespace {

using base::Result;
using completion::ConfidenceThresholds;
using completion::ModelHints;
using engine::GgufBuilder;
using engine::GgufFile;

using testing::HasSubstr;

constexpr uint32_t kFloat = 6;
constexpr uint32_t kString = 8;

Result<ModelHints> HintsOf(const GgufBuilder& builder) {
  const std::string bytes = builder.Build();
  const auto gguf = GgufFile::Parse(bytes, "memory.gguf");
  if (!gguf) return gguf.error();
  return ReadModelHints(**gguf);
}

std::string MessageOf(const GgufBuilder& builder) {
  const auto hints = HintsOf(builder);
  return hints ? "" : hints.error().message;
}

TEST(ModelHintsTest, AFileThatSaysNothingGetsWhatSuitsMost) {
  const auto hints = HintsOf(GgufBuilder());
  ASSERT_TRUE(hints);
  EXPECT_EQ(hints->confidence.line, ConfidenceThresholds{}.line);
  EXPECT_FALSE(hints->languages);
  const auto directory = ReadModelHints(testing::TempDir());
  ASSERT_TRUE(directory);
  EXPECT_FALSE(directory->languages);
}

TEST(ModelHintsTest, ThresholdsAndLanguagesAreTheFiles) {
  GgufBuilder builder;
  builder.Key<float>("krait.confidence.line", kFloat, -0.25F)
      .Key<float>("krait.confidence.block", kFloat, 0)
      .Key<float>("krait.confidence.token", kFloat,
                  -std::numeric_limits<float>::infinity())
      .Key<float>("krait.confidence.invoked_token", kFloat, -3)
      .ArrayKey("krait.languages", kString, 2)
      .String("c")
      .String("python");
  const auto hints = HintsOf(builder);
  ASSERT_TRUE(hints);
  EXPECT_EQ(hints->confidence.line, -0.25);
  EXPECT_EQ(hints->confidence.block, 0);
  EXPECT_TRUE(std::isinf(hints->confidence.token));
  EXPECT_EQ(hints->confidence.invoked_token, -3);
  EXPECT_EQ(hints->languages, (std::vector<std::string>{"c", "python"}));
}

TEST(ModelHintsTest, ALanguageMayHaveItsOwnThresholds) {
  GgufBuilder builder;
  // In whatever order they stand.
  builder.Key<float>("krait.confidence.c.line", kFloat, -0.25F)
      .Key<float>("krait.confidence.line", kFloat, -0.5F)
      .Key<float>("krait.confidence.token", kFloat, -0.75F)
      .Key<float>("krait.confidence.go.token", kFloat, -2)
      .Key<float>("krait.confidence.c.unknown", kFloat, 7);
  const auto hints = HintsOf(builder);
  ASSERT_TRUE(hints);
  EXPECT_EQ(hints->ConfidenceOf("c").line, -0.25);
  EXPECT_EQ(hints->ConfidenceOf("c").token, -0.75);
  EXPECT_EQ(hints->ConfidenceOf("go").line, -0.5);
  EXPECT_EQ(hints->ConfidenceOf("go").token, -2);
  EXPECT_EQ(hints->ConfidenceOf("rust").line, -0.5);
  EXPECT_EQ(hints->confidence_of.size(), 2U);

  GgufBuilder wrong;
  wrong.Key<float>("krait.confidence.c.line", kFloat, 1);
  EXPECT_THAT(MessageOf(wrong), HasSubstr("key 'krait.confidence.c.line'"));
}

TEST(ModelHintsTest, WrongThresholdsAreRefused) {
  for (const float wrong : {0.5F, std::nanf("")}) {
    GgufBuilder builder;
    builder.Key<float>("krait.confidence.token", kFloat, wrong);
    EXPECT_THAT(MessageOf(builder),
                HasSubstr("memory.gguf: key 'krait.confidence.token': expected "
                          "the logarithm of a probability"));
  }
  GgufBuilder builder;
  builder.StringKey("krait.confidence.line", "high");
  EXPECT_THAT(MessageOf(builder), HasSubstr("krait.confidence.line"));
}

TEST(ModelHintsTest, WrongLanguagesAreRefused) {
  const char* const message = "key 'krait.languages': expected an array";
  GgufBuilder text;
  text.StringKey("krait.languages", "python");
  EXPECT_THAT(MessageOf(text), HasSubstr(message));
  GgufBuilder long_name;
  long_name.ArrayKey("krait.languages", kString, 2)
      .String("c")
      .String(std::string(65, 'x'));
  EXPECT_THAT(MessageOf(long_name), HasSubstr(message));
  GgufBuilder numbers;
  numbers.ArrayKey("krait.languages", kFloat, 1).Raw(1.0F);
  EXPECT_THAT(MessageOf(numbers), HasSubstr(message));
}

}  // namespace
}  // namespace krait::daemon
