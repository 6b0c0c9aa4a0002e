// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/generated_text.h"

#include <gtest/gtest.h>

#include <string>

namespace krait::daemon {
namespace {

class GeneratedTextTest : public testing::Test {
 protected:
  void SetUp() override {
    said_.Begin(Prompt("a = "), /*greedy=*/true);
    said_.Add(1, "foo", -1);
    said_.Add(2, "(x", -2);
    said_.Add(3, ")", -3);
  }

  static completion::GeneratorPrompt Prompt(std::string_view prefix) {
    return {.path = "file.py", .prefix = prefix, .suffix = "\n"};
  }
  std::string Rest() const {
    std::string rest;
    for (const auto& token : said_.tokens()) rest += token.bytes;
    return rest;
  }

  GeneratedText said_;
};

TEST_F(GeneratedTextTest, KnowsHowMuchWasTyped) {
  EXPECT_EQ(said_.TypedOf(Prompt("a = "), true), 0U);
  EXPECT_EQ(said_.TypedOf(Prompt("a = fo"), true), 2U);
  EXPECT_EQ(said_.TypedOf(Prompt("a = foo(x)"), true), 6U);
}

TEST_F(GeneratedTextTest, AnotherDocumentOfTheSamePathIsAnotherGeneration) {
  completion::GeneratorPrompt other = Prompt("a = fo");
  other.document = "file:///elsewhere/file.py";
  EXPECT_FALSE(said_.TypedOf(other, true));
}

TEST_F(GeneratedTextTest, AnythingElseIsAnotherGeneration) {
  EXPECT_FALSE(said_.TypedOf(Prompt("a = fa"), true));
  EXPECT_FALSE(said_.TypedOf(Prompt("a ="), true));
  EXPECT_FALSE(said_.TypedOf(Prompt("b = foo"), true));
  EXPECT_FALSE(said_.TypedOf(Prompt("a = foo(x) + 1"), true));
  completion::GeneratorPrompt other = Prompt("a = fo");
  other.suffix = ")\n";
  EXPECT_FALSE(said_.TypedOf(other, true));
  other = Prompt("a = fo");
  other.path = "other.py";
  EXPECT_FALSE(said_.TypedOf(other, true));
}

// What it was reminded of has changed elsewhere.
TEST_F(GeneratedTextTest, OtherSurroundingsAreAnotherGeneration) {
  said_.Begin(Prompt("a = "), /*greedy=*/true, /*reminded_of=*/7);
  said_.Add(1, "foo", -1);
  EXPECT_EQ(said_.TypedOf(Prompt("a = fo"), true, 7), 2U);
  EXPECT_FALSE(said_.TypedOf(Prompt("a = fo"), true, 8));
  EXPECT_FALSE(said_.TypedOf(Prompt("a = fo"), true));
}

TEST_F(GeneratedTextTest, WhatWasDrawnByChanceIsNotGoneOnWith) {
  EXPECT_FALSE(said_.TypedOf(Prompt("a = fo"), /*greedy=*/false));
  said_.Begin(Prompt("a = "), /*greedy=*/false);
  EXPECT_FALSE(said_.TypedOf(Prompt("a = "), true));
}

TEST_F(GeneratedTextTest, AdvancingKeepsWhatIsLeftOfEachToken) {
  said_.Advance(4);
  EXPECT_EQ(Rest(), "x)");
  EXPECT_EQ(said_.tokens()[0].id, 2U);
  EXPECT_EQ(said_.tokens()[0].logprob, -2);
  EXPECT_EQ(said_.TypedOf(Prompt("a = foo(x"), true), 1U);
  said_.Advance(2);
  EXPECT_EQ(Rest(), "");
  said_.Add(4, " + y", -1);
  EXPECT_EQ(said_.TypedOf(Prompt("a = foo(x) +"), true), 2U);
}

TEST_F(GeneratedTextTest, ForgottenIsForgotten) {
  said_.Forget();
  EXPECT_FALSE(said_.TypedOf(Prompt("a = "), true));
}

}  // namespace
}  // namespace krait::daemon
