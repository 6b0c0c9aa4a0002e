// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/fim_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Result<std::unique_ptr<Tokenizer>> LoadChoosing(const std::string& file,
                                                const FimChoice& fim = {}) {
  return Tokenizer::FromFile(KRAIT_TEST_DATA "/tokenizers/" + file, fim);
}

constexpr const char* kQwenVocabulary = "families/qwen2/tokenizer.json";
constexpr const char* kMistralVocabulary = "sp512/tokenizer.model";

TEST(FimChoiceTest, WithoutOneTheNamesOfTokensSayIt) {
  const auto tokenizer = LoadChoosing(kQwenVocabulary);
  ASSERT_TRUE(tokenizer);
  const SpecialTokens& special = (*tokenizer)->special();
  EXPECT_EQ(special.fim_order, FimOrder::kPsm);
  EXPECT_EQ(special.fim_training, FimTraining::kNone);
  EXPECT_THAT(std::string(special.fim_family), HasSubstr("Qwen2.5-Coder"));
  EXPECT_EQ(special.fim_file_separator,
            (*tokenizer)->FindToken("<|file_sep|>"));
  EXPECT_EQ(special.fim_repository_separator,
            (*tokenizer)->FindToken("<|repo_name|>"));
  EXPECT_FALSE(special.fim_file);
}

TEST(FimChoiceTest, TokensAndOrderCanBeNamed) {
  const auto tokenizer =
      LoadChoosing(kQwenVocabulary, {.order = FimTraining::kSpm,
                                     .prefix_token = "<|repo_name|>",
                                     .file_token = "<|file_sep|>"});
  ASSERT_TRUE(tokenizer);
  const SpecialTokens& special = (*tokenizer)->special();
  EXPECT_EQ(special.fim_training, FimTraining::kSpm);
  EXPECT_EQ(special.fim_prefix, (*tokenizer)->FindToken("<|repo_name|>"));
  EXPECT_EQ(special.fim_suffix, (*tokenizer)->FindToken("<|fim_suffix|>"));
  EXPECT_EQ(special.fim_file, (*tokenizer)->FindToken("<|file_sep|>"));
  EXPECT_EQ(special.fim_order, FimOrder::kNone);
  EXPECT_EQ(special.fim_family, "");
}

TEST(FimChoiceTest, SeparatorsCanBeNamed) {
  const auto tokenizer = LoadChoosing(
      kQwenVocabulary, {.file_separator_token = "<|fim_pad|>",
                        .repository_separator_token = "<|file_sep|>"});
  ASSERT_TRUE(tokenizer);
  const SpecialTokens& special = (*tokenizer)->special();
  EXPECT_EQ(special.fim_file_separator, (*tokenizer)->FindToken("<|fim_pad|>"));
  EXPECT_EQ(special.fim_repository_separator,
            (*tokenizer)->FindToken("<|file_sep|>"));
  EXPECT_EQ(special.fim_order, FimOrder::kPsm);
  EXPECT_THAT(
      LoadChoosing(kQwenVocabulary, {.repository_separator_token = "<none>"})
          .error()
          .message,
      HasSubstr("fim.repository_separator_token: the vocabulary has no token"));
}

// An ordinary token that has a role is no longer made from text.
TEST(FimChoiceTest, WhatIsNamedNeverComesFromText) {
  for (const char* file : {kQwenVocabulary, kMistralVocabulary}) {
    SCOPED_TRACE(file);
    const auto plain = LoadChoosing(file);
    ASSERT_TRUE(plain);
    const auto ids = (*plain)->Encode("return the value");
    std::string name;
    TokenId token = 0;
    for (const TokenId id : ids) {  // the longest, so that something makes it
      if ((*plain)->TokenName(id).size() <= name.size()) continue;
      name = (*plain)->TokenName(id);
      token = id;
    }
    ASSERT_GT(name.size(), 2U);
    for (const FimChoice& fim :
         {FimChoice{.stop_tokens = {name}}, FimChoice{.middle_token = name},
          FimChoice{.repository_separator_token = name}}) {
      const auto tokenizer = LoadChoosing(file, fim);
      ASSERT_TRUE(tokenizer);
      EXPECT_TRUE((*tokenizer)->IsControl(token));
      const auto changed = (*tokenizer)->Encode("return the value");
      EXPECT_THAT(changed, Not(Contains(token)));
      EXPECT_EQ((*tokenizer)->Decode(changed), "return the value");
    }
  }
}

TEST(FimChoiceTest, AnUnknownTokenIsNamed) {
  const auto tokenizer =
      LoadChoosing(kQwenVocabulary, {.suffix_token = "<hole>"});
  ASSERT_FALSE(tokenizer);
  EXPECT_EQ(tokenizer.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(tokenizer.error().message,
              HasSubstr("fim.suffix_token: the vocabulary has no token "
                        "'<hole>'"));
  EXPECT_THAT(
      LoadChoosing(kMistralVocabulary, {.stop_tokens = {"</s>", "<stop>"}})
          .error()
          .message,
      HasSubstr("fim.stop_tokens"));
}

TEST(FimChoiceTest, WhatTextIsMadeOfIsNoControlToken) {
  for (const char* name : {"a", "Ġ"}) {
    EXPECT_THAT(
        LoadChoosing(kQwenVocabulary, {.stop_tokens = {name}}).error().message,
        HasSubstr("text cannot do without"))
        << name;
  }
  for (const char* name : {"a", "<0x0A>"}) {
    EXPECT_THAT(LoadChoosing(kMistralVocabulary, {.stop_tokens = {name}})
                    .error()
                    .message,
                HasSubstr("text cannot do without"))
        << name;
  }
}

TEST(FimChoiceTest, TheStrongerSaysOnlyWhatItSays) {
  FimChoice file{
      .order = FimTraining::kSpm, .prefix_token = "P", .stop_tokens = {"S"}};
  file.Override({.suffix_token = "U"});
  EXPECT_EQ(file, (FimChoice{.order = FimTraining::kSpm,
                             .prefix_token = "P",
                             .suffix_token = "U",
                             .stop_tokens = {"S"}}));
  file.Override({.order = FimTraining::kEmulated, .stop_tokens = {"T"}});
  EXPECT_EQ(file.order, FimTraining::kEmulated);
  EXPECT_THAT(file.stop_tokens, testing::ElementsAre("T"));
}

TEST(FimChoiceTest, OrdersHaveNames) {
  EXPECT_EQ(FindFimTraining("both"), FimTraining::kSpmAndPsm);
  EXPECT_EQ(FindFimTraining(""), FimTraining::kNone);
  EXPECT_EQ(FindFimTraining("mps"), std::nullopt);
}

}  // namespace
}  // namespace krait::engine
