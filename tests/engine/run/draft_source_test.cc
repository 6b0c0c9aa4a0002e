// SPDX-License-Identifier: Apache-2.0
#include "engine/run/draft_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace krait::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(DraftSourceTest, GuessesWhatFollowedTheSameTokens) {
  DraftSource source({1, 2, 3, 4, 5, 9, 2});
  EXPECT_THAT(source.Guess(7).tokens, IsEmpty());  // one token is too few
  source.Append(3);
  const DraftGuess guess = source.Guess(3);
  EXPECT_THAT(guess.tokens, ElementsAre(4, 5, 9));
  EXPECT_EQ(guess.match, 2U);
}

TEST(DraftSourceTest, PrefersTheLongerMatchAndThenTheNearer) {
  const DraftSource longer({7, 1, 2, 50, 1, 2, 60, 7, 1, 2});
  EXPECT_THAT(longer.Guess(1).tokens, ElementsAre(50));
  EXPECT_EQ(longer.Guess(1).match, 3U);
  const DraftSource nearer({1, 2, 50, 1, 2, 60, 1, 2});
  EXPECT_THAT(nearer.Guess(1).tokens, ElementsAre(60));
}

TEST(DraftSourceTest, GuessesNoMoreThanIsAskedForOrFollows) {
  const DraftSource source({1, 2, 3, 1, 2});
  EXPECT_THAT(source.Guess(2).tokens, ElementsAre(3, 1));
  EXPECT_THAT(source.Guess(9).tokens, ElementsAre(3, 1, 2));
  EXPECT_THAT(source.Guess(0).tokens, IsEmpty());
}

TEST(DraftSourceTest, GoesOnWithWhatRepeatsItself) {
  const DraftSource source({5, 5, 5, 5});
  EXPECT_THAT(source.Guess(4).tokens, ElementsAre(5));
}

TEST(DraftSourceTest, CountsAMatchUpToItsLimit) {
  std::vector<TokenId> twice(60);
  std::iota(twice.begin(), twice.begin() + 30, 0);
  std::iota(twice.begin() + 30, twice.end(), 0);
  EXPECT_EQ(DraftSource(twice).Guess(1).match, DraftSource::kMostMatch);
}

TEST(DraftSourceTest, KnowsNothingOfNothing) {
  EXPECT_THAT(DraftSource().Guess(4).tokens, IsEmpty());
  EXPECT_THAT(DraftSource({1}).Guess(4).tokens, IsEmpty());
}

}  // namespace
}  // namespace krait::engine
