// SPDX-License-Identifier: Apache-2.0
#include "engine/layers/experts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace krait::engine {
namespace {

using Use = Experts::Buffers::Use;

std::vector<Use> Chosen(const std::vector<float>& scores, size_t used) {
  std::vector<Use> uses(used);
  ChooseExperts(scores, 7, uses);
  return uses;
}

TEST(ExpertsTest, TheHighestScoresAreChosen) {
  const auto uses = Chosen({1, 4, 2, 4, -1}, 3);
  EXPECT_EQ(uses[0].expert, 1U);
  EXPECT_EQ(uses[1].expert, 3U);  // of equal ones the first comes first
  EXPECT_EQ(uses[2].expert, 2U);
  EXPECT_EQ(uses[0].token, 7U);
  const float sum = 2 + std::exp(-2.0F);
  EXPECT_NEAR(uses[0].weight, 1 / sum, 1e-6);
  EXPECT_NEAR(uses[2].weight, std::exp(-2.0F) / sum, 1e-6);
}

// Wherever it stands: or else it depends on that whether anybody notices.
TEST(ExpertsTest, AScoreThatIsNoNumberMakesAllWeightsNone) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (size_t at = 0; at < 4; ++at) {
    for (const float sign : {1.0F, -1.0F}) {
      std::vector<float> scores = {1, 4, 2, 3};
      scores[at] = std::copysign(nan, sign);
      for (size_t used = 1; used <= 4; ++used) {
        const auto uses = Chosen(scores, used);
        EXPECT_EQ(uses[0].expert, at);
        for (const Use& use : uses) EXPECT_TRUE(std::isnan(use.weight));
      }
    }
  }
  const auto none = Chosen({nan, nan}, 2);
  EXPECT_NE(none[0].expert, none[1].expert);
}

TEST(ExpertsTest, AnInfiniteScoreMakesAllWeightsNoneOrCountsNothing) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const Use& use : Chosen({1, infinity, 2}, 2)) {
    EXPECT_TRUE(std::isnan(use.weight));
  }
  const auto uses = Chosen({-infinity, 1}, 2);
  EXPECT_EQ(uses[0].expert, 1U);
  EXPECT_EQ(uses[0].weight, 1);
  EXPECT_EQ(uses[1].weight, 0);
}

}  // namespace
}  // namespace krait::engine
