// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/statistics.h"

#include <gtest/gtest.h>

#include <chrono>

namespace krait::daemon {
namespace {

using std::chrono::milliseconds;

TEST(StatisticsTest, IsZeroWithoutAnswers) {
  const Statistics statistics;
  EXPECT_EQ(statistics.num_answers(), 0U);
  EXPECT_EQ(statistics.HitRate(), 0.0);
  EXPECT_EQ(statistics.LatencyOf(Stage::kWhole).p99,
            completion::Clock::duration::zero());
}

TEST(StatisticsTest, SumsTokensAndCountsPlans) {
  Statistics statistics;
  completion::CompletionTrace trace;
  trace.plan = completion::PromptPlan::kSpm;
  trace.tokens_reused = 60;
  trace.tokens_replayed = 30;
  trace.tokens_computed = 10;
  trace.tokens_generated = 5;
  statistics.Add(trace, milliseconds(1));
  statistics.Add(trace, milliseconds(1));
  trace = {};
  trace.plan = completion::PromptPlan::kTypedThrough;
  statistics.Add(trace, milliseconds(0));
  EXPECT_EQ(statistics.num_answers(), 3U);
  EXPECT_EQ(statistics.answers_by_plan().at(completion::PromptPlan::kSpm), 2U);
  EXPECT_EQ(
      statistics.answers_by_plan().at(completion::PromptPlan::kTypedThrough),
      1U);
  EXPECT_EQ(statistics.totals().tokens_reused, 120U);
  EXPECT_EQ(statistics.totals().tokens_generated, 10U);
  EXPECT_DOUBLE_EQ(statistics.HitRate(), 0.9);
}

TEST(StatisticsTest, LatenciesAreOfTheLastThousand) {
  Statistics statistics;
  completion::CompletionTrace trace;
  trace.decode = milliseconds(7);
  for (int i = 0; i < 500; ++i) statistics.Add(trace, milliseconds(100000));
  for (int i = 1; i <= 1000; ++i) statistics.Add(trace, milliseconds(i));
  const auto whole = statistics.LatencyOf(Stage::kWhole);
  EXPECT_NEAR(static_cast<double>(whole.p50 / milliseconds(1)), 500, 2);
  EXPECT_NEAR(static_cast<double>(whole.p99 / milliseconds(1)), 990, 2);
  EXPECT_EQ(statistics.LatencyOf(Stage::kDecode).p50, milliseconds(7));
}

}  // namespace
}  // namespace krait::daemon
