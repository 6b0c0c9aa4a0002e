// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/tools/bench/samples.h"
#include "daemon/tools/eval/exercise.h"
#include "daemon/tools/eval/fim_cases.h"
#include "daemon/tools/eval/metrics.h"
#include "daemon/tools/eval/reliability.h"

namespace krait::daemon {
namespace {

using testing::HasSubstr;

TEST(MetricsTest, ExactMatchIgnoresBlanksAtTheEnd) {
  EXPECT_TRUE(ExactMatch("a b \n", "a b"));
  EXPECT_FALSE(ExactMatch(" a b", "a b"));
}

TEST(MetricsTest, EditSimilarityCountsChangedBytes) {
  EXPECT_DOUBLE_EQ(EditSimilarity("", ""), 1);
  EXPECT_DOUBLE_EQ(EditSimilarity("abcd", "abcd \n"), 1);
  EXPECT_DOUBLE_EQ(EditSimilarity("", "abcd"), 0);
  EXPECT_DOUBLE_EQ(EditSimilarity("kitten", "sitting"), 1 - 3.0 / 7.0);
}

TEST(SamplesTest, MedianOfOddAndEvenNumbers) {
  EXPECT_DOUBLE_EQ(SpreadOf({3, 1, 2}).median, 2);
  EXPECT_DOUBLE_EQ(SpreadOf({4, 1, 2, 3}).median, 2.5);
  EXPECT_DOUBLE_EQ(SpreadOf({4, 1, 2}).min, 1);
  EXPECT_DOUBLE_EQ(SpreadOf({4, 1, 2}).max, 4);
}

FimCase CaseWith(std::string middle) {
  return {.id = "case",
          .language = "python",
          .path = {},
          .prefix = "a = 1\n",
          .suffix = "c = 3\n",
          .middle = std::move(middle)};
}

TEST(ExerciseTest, AMiddleWithinALineIsItsRest) {
  const Exercise exercise = MakeExercise(CaseWith("b = 2"));
  EXPECT_EQ(exercise.extent, completion::CompletionExtent::kLine);
  EXPECT_EQ(exercise.wanted, "b = 2");
}

TEST(ExerciseTest, ALineWithItsEndLeavesTheCaseAsItIs) {
  const Exercise exercise = MakeExercise(CaseWith("b = 2\n"));
  EXPECT_EQ(exercise.extent, completion::CompletionExtent::kWholeLine);
  EXPECT_EQ(exercise.wanted, "b = 2");
  EXPECT_EQ(exercise.request.before, "a = 1\n");
  EXPECT_EQ(exercise.request.after, "c = 3\n");
}

TEST(ExerciseTest, SeveralLinesHaveNoLimit) {
  const Exercise exercise = MakeExercise(CaseWith("b = 2\nb = 3\n"));
  EXPECT_EQ(exercise.extent, completion::CompletionExtent::kUnlimited);
  EXPECT_EQ(exercise.wanted, "b = 2\nb = 3\n");
}

TEST(ReliabilityTest, CountsEachAnswerOnceAndAllAboveIt) {
  const auto rows = Reliability({{-0.05, true, 1},
                                 {-0.1, false, 0.5},
                                 {-0.15, false, 0.3},
                                 {-99, false, 0}});
  ASSERT_GE(rows.size(), 2U);
  EXPECT_DOUBLE_EQ(rows[0].threshold, -0.1);
  EXPECT_EQ(rows[0].answers, 2U);
  EXPECT_DOUBLE_EQ(rows[0].exact, 0.5);
  EXPECT_DOUBLE_EQ(rows[0].similarity, 0.75);
  EXPECT_EQ(rows[1].answers, 1U);
  EXPECT_EQ(rows[1].shown, 3U);
  EXPECT_EQ(rows[1].shown_exact, 1U);
  EXPECT_DOUBLE_EQ(rows[1].shown_similarity, 0.6);
  EXPECT_EQ(rows.back().answers, 1U);
  EXPECT_EQ(rows.back().shown, 4U);
}

TEST(FimCasesTest, ReadsBothForms) {
  const auto cases = ParseFimCases(
      "{\"language\": \"go\", \"prefix\": \"a\", \"suffix\": \"c\", "
      "\"middle\": \"b\", \"more\": 1}\n\n"
      "{\"prompt\": \"p\", \"suffix\": \"s\", \"canonical_solution\": "
      "\"m\\n\"}",
      "f", 0);
  ASSERT_TRUE(cases.has_value());
  ASSERT_EQ(cases->size(), 2U);
  EXPECT_EQ((*cases)[0].language, "go");
  EXPECT_EQ((*cases)[0].middle, "b");
  EXPECT_EQ((*cases)[1].language, "python");
  EXPECT_EQ((*cases)[1].prefix, "p");
  EXPECT_EQ((*cases)[1].middle, "m\n");
}

TEST(FimCasesTest, ReadsNoMoreThanTheLimit) {
  const std::string line =
      R"({"language": "c", "prefix": "", "suffix": "", "middle": ""})";
  EXPECT_EQ(ParseFimCases(line + "\n" + line + "\nbroken", "f", 2)->size(), 2U);
}

void CheckRefused(const std::string& text, const std::string& message) {
  const auto cases = ParseFimCases(text, "cases.jsonl", 0);
  ASSERT_FALSE(cases.has_value()) << text;
  EXPECT_EQ(cases.error().code, base::ErrorCode::kInvalidArgument);
  EXPECT_THAT(cases.error().message, HasSubstr(message));
}

TEST(FimCasesTest, NamesFileAndLine) {
  CheckRefused("\n{\"language\": ", "cases.jsonl:2: ");
  CheckRefused("[1]", "cases.jsonl:1: ");
  CheckRefused(R"({"language": "c", "prefix": "", "suffix": ""})",
               "cases.jsonl:1: middle: expected a string, got nothing");
  CheckRefused(R"({"language": "c", "prefix": 1, "suffix": "", "middle": ""})",
               "cases.jsonl:1: prefix: expected a string, got the number 1");
  CheckRefused(R"({"prefix": "", "suffix": "", "middle": ""})",
               "cases.jsonl:1: language: expected a string, got nothing");
  CheckRefused("\n\n", "holds no cases");
}

}  // namespace
}  // namespace krait::daemon
