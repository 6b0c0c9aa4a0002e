// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/keystroke_report.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>

#include "daemon/tools/bench/samples.h"

namespace krait::daemon {
namespace {

StepSample Sample(StepKind kind, size_t computed, int whole_ms) {
  StepSample sample{.kind = kind};
  sample.cost.trace.plan = completion::PromptPlan::kSpm;
  sample.cost.trace.tokens_computed = computed;
  sample.cost.to_first_token = std::chrono::milliseconds(whole_ms / 2);
  sample.cost.whole = std::chrono::milliseconds(whole_ms);
  return sample;
}

TEST(KeystrokeSamplesTest, QuantilesLieBetweenTheNearestSamples) {
  EXPECT_DOUBLE_EQ(Quantile({7}, 0.99), 7);
  EXPECT_DOUBLE_EQ(Quantile({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(Quantile({4, 1, 3, 2}, 0.5), SpreadOf({4, 1, 3, 2}).median);
  EXPECT_DOUBLE_EQ(Quantile({4, 1, 3, 2}, 0), 1);
  EXPECT_DOUBLE_EQ(Quantile({4, 1, 3, 2}, 1), 4);
  std::vector<double> hundred_and_one;
  for (int i = 0; i <= 100; ++i) hundred_and_one.push_back(i);
  EXPECT_DOUBLE_EQ(Quantile(hundred_and_one, 0.99), 99);
}

TEST(KeystrokeReportTest, SummarizesEachKindByItself) {
  const std::vector<StepSample> samples = {
      Sample(StepKind::kType, 1, 4), Sample(StepKind::kCold, 2000, 100),
      Sample(StepKind::kType, 3, 8), Sample(StepKind::kType, 2, 6)};
  const auto steps = Summarize(samples);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].kind, StepKind::kCold);
  EXPECT_EQ(steps[0].computed, 2000);
  const StepSummary* type = FindStep(steps, StepKind::kType);
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->requests, 3U);
  EXPECT_EQ(type->computed, 2);
  EXPECT_EQ(type->most_computed, 3);
  EXPECT_DOUBLE_EQ(type->whole_ms.p50, 6);
  EXPECT_DOUBLE_EQ(type->first_token_ms.p50, 3);
  EXPECT_EQ(type->plans.at(completion::PromptPlan::kSpm), 3U);
  EXPECT_FALSE(type->peer.has_value());
  EXPECT_EQ(FindStep(steps, StepKind::kJump), nullptr);
}

TEST(KeystrokeReportTest, ComparesMediansWithThePeer) {
  std::vector<StepSample> samples = {Sample(StepKind::kType, 1, 4),
                                     Sample(StepKind::kType, 1, 4)};
  samples[0].peer = PeerCost{.tokens_computed = 2050, .whole_ms = 300};
  samples[1].peer = PeerCost{.tokens_computed = 2048, .whole_ms = 500};
  const auto steps = Summarize(samples);
  ASSERT_EQ(steps.size(), 1U);
  ASSERT_TRUE(steps[0].peer.has_value());
  EXPECT_DOUBLE_EQ(*steps[0].peer->computed, 2049);
  EXPECT_DOUBLE_EQ(steps[0].peer->whole_ms.p50, 400);
  EXPECT_DOUBLE_EQ(steps[0].peer->ratio, 100);
}

TEST(KeystrokeReportTest, SaysWhatThePeerDoesNot) {
  std::vector<StepSample> samples = {Sample(StepKind::kType, 1, 4)};
  samples[0].peer = PeerCost{.whole_ms = 300};
  KeystrokeResult result{.file = "a.py", .lines = 3};
  result.rounds.push_back({.samples = samples});
  EXPECT_NE(KeystrokeTable(result).find("| ?"), std::string::npos);
  const auto json = KeystrokeJson(result);
  const auto& step = json.at("steps").as_array().at(0).as_object();
  EXPECT_TRUE(step.at("peer").as_object().at("computed").is_null());
}

}  // namespace
}  // namespace krait::daemon
