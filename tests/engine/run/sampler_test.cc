// SPDX-License-Identifier: Apache-2.0
#include "engine/run/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <vector>

namespace krait::engine {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

// Draws `draws` tokens and returns how often each came.
std::map<TokenId, int> Histogram(const SamplerOptions& options,
                                 const std::vector<float>& logits,
                                 int draws = 20000) {
  Sampler sampler(options);
  std::map<TokenId, int> counts;
  for (int i = 0; i < draws; ++i) ++counts[*sampler.Sample(logits)];
  return counts;
}

TEST(SamplerTest, GreedyTakesTheFirstOfTheLargest) {
  Sampler sampler(SamplerOptions{});
  EXPECT_EQ(sampler.Sample(std::vector<float>{1, 5, 5, 2}), 1U);
}

TEST(SamplerTest, GreedyNeverPicksNan) {
  Sampler sampler(SamplerOptions{});
  EXPECT_EQ(sampler.Sample(std::vector<float>{kNan, -3, kNan, -2}), 3U);
}

TEST(SamplerTest, AnInfinityIsNeverPicked) {
  for (const float temperature : {0.0F, 1.0F}) {
    for (const float penalty : {1.0F, 1.5F}) {
      Sampler sampler(SamplerOptions{.temperature = temperature,
                                     .top_k = 1,
                                     .repetition_penalty = penalty});
      EXPECT_EQ(sampler.Sample(std::vector<float>{kInf, -3, kNan, -2, -kInf}),
                3U);
    }
  }
}

TEST(SamplerTest, NothingFiniteGivesNothing) {
  for (const float temperature : {0.0F, 1.0F}) {
    Sampler sampler(SamplerOptions{.temperature = temperature});
    EXPECT_EQ(sampler.Sample(std::vector<float>{kNan, -kInf, kNan}),
              std::nullopt);
  }
}

TEST(SamplerTest, TemperatureOneDrawsFromTheSoftmax) {
  const std::vector<float> logits = {std::log(0.5F), std::log(0.3F),
                                     std::log(0.2F)};
  auto counts = Histogram({.temperature = 1}, logits);
  // Standard deviation of a count: sqrt(20000 * 0.25) = 71.
  EXPECT_NEAR(counts[0], 10000, 400);
  EXPECT_NEAR(counts[1], 6000, 400);
  EXPECT_NEAR(counts[2], 4000, 400);
}

TEST(SamplerTest, LowTemperatureSharpens) {
  auto counts =
      Histogram({.temperature = 0.5F}, {std::log(0.6F), std::log(0.4F)});
  EXPECT_NEAR(counts[0], 20000 * 0.36 / 0.52, 400);
}

TEST(SamplerTest, TopKKeepsTheBestK) {
  auto counts = Histogram({.temperature = 5, .top_k = 2}, {1, 4, 2, 3});
  EXPECT_THAT(counts, testing::UnorderedElementsAre(testing::Key(1U),
                                                    testing::Key(3U)));
}

TEST(SamplerTest, TopPKeepsTheSmallestSetThatReachesIt) {
  const std::vector<float> logits = {std::log(0.5F), std::log(0.3F),
                                     std::log(0.15F), std::log(0.05F)};
  EXPECT_EQ(Histogram({.temperature = 1, .top_p = 0.4F}, logits).size(), 1U);
  EXPECT_EQ(Histogram({.temperature = 1, .top_p = 0.7F}, logits).size(), 2U);
  EXPECT_EQ(Histogram({.temperature = 1, .top_p = 0.9F}, logits).size(), 3U);
}

TEST(SamplerTest, MinPDropsWhatIsFarBelowTheBest) {
  const std::vector<float> logits = {std::log(0.6F), std::log(0.35F),
                                     std::log(0.05F)};
  EXPECT_EQ(Histogram({.temperature = 1, .min_p = 0.1F}, logits).size(), 2U);
}

TEST(SamplerTest, RepetitionPenaltyTurnsAwayFromWhatWasSaid) {
  Sampler sampler(SamplerOptions{.repetition_penalty = 2});
  const std::vector<float> logits = {1.0F, 1.5F, -1.0F};
  EXPECT_EQ(sampler.Sample(logits), 1U);
  EXPECT_EQ(sampler.Sample(logits), 0U);  // 1.5 / 2 < 1
  EXPECT_EQ(sampler.Sample(logits), 1U);  // 0.75 > 0.5
}

TEST(SamplerTest, RepetitionWindowForgets) {
  Sampler sampler(
      SamplerOptions{.repetition_penalty = 10, .repetition_window = 1});
  const std::vector<float> logits = {1.0F, 1.5F};
  EXPECT_EQ(sampler.Sample(logits), 1U);
  EXPECT_EQ(sampler.Sample(logits), 0U);
  EXPECT_EQ(sampler.Sample(logits), 1U);
}

TEST(SamplerTest, SameSeedSameTokens) {
  std::vector<float> logits(100);
  for (size_t i = 0; i < logits.size(); ++i) {
    logits[i] = std::sin(static_cast<float>(i));
  }
  const auto draw = [&](uint64_t seed) {
    Sampler sampler(SamplerOptions{.temperature = 1, .seed = seed});
    std::vector<TokenId> tokens;
    for (int i = 0; i < 50; ++i) tokens.push_back(*sampler.Sample(logits));
    return tokens;
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

}  // namespace
}  // namespace krait::engine
