// SPDX-License-Identifier: Apache-2.0
#include "engine/run/draft_length.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <initializer_list>

namespace krait::engine {
namespace {

using Seconds = DraftLength::Seconds;

constexpr size_t kMatch = 12;

// A batch of `tokens` takes so long, the second time, which counts.
void Take(DraftLength& length, size_t tokens, double time) {
  for (int i = 0; i < 2; ++i) length.Took(tokens, Seconds(time));
}

// Batches of 1, 2, 4 and 8 tokens take so long.
DraftLength WithCosts(std::initializer_list<double> times) {
  DraftLength length;
  size_t tokens = 1;
  for (const double time : times) {
    Take(length, tokens, time);
    tokens *= 2;
  }
  return length;
}

TEST(DraftLengthTest, FeedsMoreTheOftenerGuessesAreRight) {
  DraftLength length = WithCosts({1.0, 1.1, 1.3, 2.7});
  length.Guessed(kMatch, 200, false);
  EXPECT_EQ(length.Choose(kMatch, 7), 3U);
  length.Guessed(kMatch, 0, true);
  length.Guessed(kMatch, 0, true);
  length.Guessed(kMatch, 0, true);
  EXPECT_EQ(length.Choose(kMatch, 7), 3U);
  for (int i = 0; i < 100; ++i) length.Guessed(kMatch, 0, true);
  EXPECT_EQ(length.Choose(kMatch, 7), 0U);
}

TEST(DraftLengthTest, FeedsNothingWhereABatchCostsWhatItsTokensDo) {
  DraftLength length = WithCosts({1.0, 1.95, 3.9, 7.8});
  length.Guessed(kMatch, 1000, false);
  EXPECT_EQ(length.Choose(kMatch, 7), 0U);
}

TEST(DraftLengthTest, FeedsEightWhereTheyCostNoMoreThanOne) {
  DraftLength length = WithCosts({1.0, 1.0, 1.0, 1.1});
  length.Guessed(kMatch, 200, false);
  EXPECT_EQ(length.Choose(kMatch, 7), 7U);
  EXPECT_EQ(length.Choose(kMatch, 6), 3U);  // of fewer, what is a size
  EXPECT_EQ(length.Choose(kMatch, 2), 1U);
  EXPECT_EQ(length.Choose(kMatch, 0), 0U);
}

TEST(DraftLengthTest, KnowsMatchesOfSeveralLengthsApart) {
  DraftLength length = WithCosts({1.0, 1.2, 1.5, 2.5});
  length.Guessed(kMatch, 200, false);
  for (int i = 0; i < 100; ++i) length.Guessed(2, 0, true);
  EXPECT_EQ(length.Choose(2, 7), 0U);
  EXPECT_GT(length.Choose(kMatch, 7), 0U);
}

TEST(DraftLengthTest, KnowsWhatWasSaidAndOtherTextsApart) {
  DraftLength length = WithCosts({1.0, 1.2, 1.5, 2.5});
  length.Guessed(kMatch, 200, false);
  for (int i = 0; i < 100; ++i) length.Guessed(kMatch, 0, true, true);
  EXPECT_EQ(length.Choose(kMatch, 7, true), 0U);
  EXPECT_GT(length.Choose(kMatch, 7), 0U);
}

TEST(DraftLengthTest, TriesWhatItDoesNotKnowAndLeavesWhatDoesNotPay) {
  DraftLength length;
  EXPECT_EQ(length.Choose(kMatch, 7), 0U);  // nothing to compare with
  Take(length, 1, 1);
  length.Guessed(kMatch, 200, false);
  EXPECT_EQ(length.Choose(kMatch, 7), 7U);
  Take(length, 8, 20);
  EXPECT_EQ(length.Choose(kMatch, 7), 3U);
  Take(length, 4, 20);
  EXPECT_EQ(length.Choose(kMatch, 7), 1U);
  Take(length, 2, 20);
  EXPECT_EQ(length.Choose(kMatch, 7), 0U);
}

TEST(DraftLengthTest, MeasuresATokenAloneNowAndThen) {
  DraftLength length = WithCosts({1.0, 1.0, 1.0, 1.0});
  length.Guessed(kMatch, 200, false);
  size_t choices = 0;
  while (length.Choose(kMatch, 7) != 0 && choices < 1000) ++choices;
  EXPECT_GT(choices, 20U);
  EXPECT_LT(choices, 200U);
  Take(length, 1, 1.0);
  EXPECT_EQ(length.Choose(kMatch, 7), 7U);
}

TEST(DraftLengthTest, DoesNotTakeABusyMomentForWhatABatchCosts) {
  DraftLength length = WithCosts({1.0, 1.0, 1.0, 1.0});
  length.Guessed(kMatch, 200, false);
  Take(length, 8, 10.0);
  EXPECT_EQ(length.Choose(kMatch, 7), 7U);
  for (int i = 0; i < 40; ++i) Take(length, 8, 10.0);
  EXPECT_EQ(length.Choose(kMatch, 7), 3U);
}

TEST(DraftLengthTest, CountsNoBatchThatPaysForTheOneBefore) {
  DraftLength length = WithCosts({1.0, 1.0, 1.0, 1.0});
  length.Guessed(kMatch, 200, false);
  for (int i = 0; i < 200; ++i) {
    length.Took(8, Seconds(1.0));
    length.Took(1, Seconds(0.01));  // or a token alone would look cheap
  }
  EXPECT_EQ(length.Choose(kMatch, 7), 7U);
}

TEST(DraftLengthTest, TriesAgainAfterAWhile) {
  DraftLength length = WithCosts({1.0, 20.0, 20.0, 20.0});
  length.Guessed(kMatch, 200, false);
  size_t choices = 0;
  while (length.Choose(kMatch, 7) == 0 && choices < 10000) {
    Take(length, 1, 1.0);
    ++choices;
  }
  EXPECT_GT(choices, 500U);
  EXPECT_LT(choices, 10000U);
}

}  // namespace
}  // namespace krait::engine
