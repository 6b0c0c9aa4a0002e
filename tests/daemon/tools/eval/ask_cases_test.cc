// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/ask_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace krait::daemon {
namespace {

using testing::HasSubstr;

TEST(AskCasesTest, AreReadALineEach) {
  const auto cases = ParseAskCases(
      "{\"question\": \"a?\", \"paths\": [\"x.cc\"], \"answer\": \"b\"}\n"
      "\n"
      "{\"question\": \"c?\", \"paths\": []}\n",
      "q.jsonl", 0);
  ASSERT_TRUE(cases) << cases.error().message;
  ASSERT_EQ(cases->size(), 2U);
  EXPECT_TRUE((*cases)[0].answerable());
  EXPECT_EQ((*cases)[0].answer, "b");
  EXPECT_FALSE((*cases)[1].answerable());
}

TEST(AskCasesTest, AnAnswerIsInAFileOrAtAPlace) {
  const AskCase one{.question = "a?",
                    .answer = "",
                    .paths = {"b.cc", "m.pdf:page 3", "c.cc:10-20"}};
  EXPECT_TRUE(one.HasAnswerAt("b.cc", 7, 9));
  EXPECT_TRUE(one.HasAnswerAt("m.pdf", 3, 3));
  EXPECT_FALSE(one.HasAnswerAt("m.pdf", 4, 4));
  EXPECT_TRUE(one.HasAnswerAt("c.cc", 1, 10));
  EXPECT_FALSE(one.HasAnswerAt("c.cc", 21, 30));
  EXPECT_FALSE(one.HasAnswerAt("x.cc", 3, 3));
}

TEST(AskCasesTest, MistakesAreNamed) {
  const auto cases = ParseAskCases("{\"question\": \"a?\"}\n", "q.jsonl", 0);
  ASSERT_FALSE(cases);
  EXPECT_THAT(cases.error().message, HasSubstr("q.jsonl:1"));
  EXPECT_THAT(cases.error().message, HasSubstr("paths"));
}

TEST(TermCosineTest, ComparesWords) {
  EXPECT_DOUBLE_EQ(TermCosine("read the files", "reading files"), 1);
  EXPECT_DOUBLE_EQ(TermCosine("alpha beta", "gamma delta"), 0);
  EXPECT_DOUBLE_EQ(TermCosine("", "gamma"), 0);
  EXPECT_NEAR(TermCosine("alpha beta", "alpha gamma"), 0.5, 1e-12);
}

TEST(VectorCosineTest, ComparesDirections) {
  const std::vector<float> a = {3, 4};
  const std::vector<float> b = {6, 8};
  const std::vector<float> c = {-4, 3};
  EXPECT_NEAR(VectorCosine(a, b), 1, 1e-12);
  EXPECT_NEAR(VectorCosine(a, c), 0, 1e-12);
  EXPECT_DOUBLE_EQ(VectorCosine(a, std::vector<float>{0, 0}), 0);
}

AskResult Result(bool answerable, bool found, double coverage) {
  return {.answerable = answerable, .found = found, .coverage = coverage};
}

TEST(AskSummaryTest, CountsBothKindsOfMistakes) {
  std::vector<AskResult> results = {
      Result(true, true, 0.9), Result(true, false, 0.6),
      Result(false, false, 0.2), Result(false, true, 0.5)};
  results[0].citations = 4;
  results[0].right_citations = 3;
  results[0].retrieved = true;
  results[0].has_sample = true;
  results[0].cosine = 0.5;
  results[0].meaning = 0.75;
  results[3].meaning = 0.1;  // has no sample
  results[3].citations = 1;
  const AskSummary summary = Summarise(results);
  EXPECT_EQ(summary.answerable, 2U);
  EXPECT_DOUBLE_EQ(summary.found, 0.5);
  EXPECT_DOUBLE_EQ(summary.not_found, 0.5);
  EXPECT_DOUBLE_EQ(summary.retrieved, 0.5);
  EXPECT_DOUBLE_EQ(summary.citation_precision, 3.0 / 5);
  ASSERT_TRUE(summary.meaning);
  EXPECT_DOUBLE_EQ(*summary.meaning, 0.75);
  results[0].meaning.reset();
  results[3].meaning.reset();
  EXPECT_FALSE(Summarise(results).meaning);
  EXPECT_DOUBLE_EQ(summary.cosine, 0.5);
  // Between 0.5 and 0.6 both are told apart.
  EXPECT_GT(summary.best_threshold, 0.5);
  EXPECT_LE(summary.best_threshold, 0.6);
  EXPECT_DOUBLE_EQ(summary.best_accuracy, 1);
}

TEST(AskSummaryTest, NothingAskedIsNothingShown) {
  const AskSummary summary = Summarise({});
  EXPECT_EQ(summary.answerable, 0U);
  EXPECT_DOUBLE_EQ(summary.citation_precision, 0);
}

}  // namespace
}  // namespace krait::daemon
