// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/rank_fusion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace krait::repository {
namespace {

using ::testing::ElementsAre;

std::vector<int64_t> Numbers(const std::vector<ScoredChunk>& chunks) {
  std::vector<int64_t> numbers;
  for (const ScoredChunk& chunk : chunks) numbers.push_back(chunk.number);
  return numbers;
}

std::vector<ScoredChunk> Ranked(const std::vector<int64_t>& numbers) {
  std::vector<ScoredChunk> chunks;
  for (const int64_t number : numbers) {
    chunks.push_back(
        {.number = number, .score = 10 - static_cast<double>(chunks.size())});
  }
  return chunks;
}

TEST(RankFusionTest, WhatBothListsHaveComesFirst) {
  const auto a = Ranked({1, 2, 3});
  const auto b = Ranked({4, 3, 5});
  const RankedList lists[] = {{.found = a, .weight = 1},
                              {.found = b, .weight = 1}};
  const auto fused = FuseRanks(lists);
  EXPECT_THAT(Numbers(fused), ElementsAre(3, 1, 4, 2, 5));
  EXPECT_DOUBLE_EQ(fused[0].score, 1 / 63.0 + 1 / 62.0);
  EXPECT_DOUBLE_EQ(fused[1].score, 1 / 61.0);
}

TEST(RankFusionTest, WeightsDecideBetweenTheLists) {
  const auto a = Ranked({1, 2});
  const auto b = Ranked({3, 4});
  const RankedList lists[] = {{.found = a, .weight = 0.3},
                              {.found = b, .weight = 0.7}};
  EXPECT_THAT(Numbers(FuseRanks(lists)), ElementsAre(3, 4, 1, 2));
  EXPECT_TRUE(FuseRanks({}).empty());
}

TEST(DiversifyTest, WhatIsLikeTheFirstComesLater) {
  const auto ranked = Ranked({1, 2, 3});
  // 1 and 2 say the same.
  const auto similarity = [](size_t a, size_t b) {
    return a + b == 1 ? 1.0 : 0.0;
  };
  EXPECT_THAT(Numbers(Diversify(ranked, 0.3, 3, similarity)),
              ElementsAre(1, 3, 2));
  EXPECT_THAT(Numbers(Diversify(ranked, 0, 3, similarity)),
              ElementsAre(1, 2, 3));
  EXPECT_THAT(Numbers(Diversify(ranked, 0.3, 2, similarity)),
              ElementsAre(1, 3));
  EXPECT_TRUE(Diversify({}, 0.3, 3, similarity).empty());
}

}  // namespace
}  // namespace krait::repository
