// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/repetition.h"

#include <gtest/gtest.h>

#include <vector>

namespace krait::daemon {
namespace {

using Tokens = std::vector<engine::TokenId>;

TEST(RepetitionTest, FindsOneTokenOverAndOver) {
  EXPECT_EQ(FindRepetition(Tokens{9, 1, 1, 1, 1, 1}), std::nullopt);
  EXPECT_EQ(FindRepetition(Tokens{9, 1, 1, 1, 1, 1, 1}), 2U);
}

TEST(RepetitionTest, FindsLongPeriods) {
  Tokens tokens = {100, 101};
  for (int round = 0; round < 3; ++round) {
    for (engine::TokenId id = 0; id < 7; ++id) tokens.push_back(id);
  }
  EXPECT_EQ(FindRepetition(tokens), 9U);
  tokens.pop_back();
  EXPECT_EQ(FindRepetition(tokens), std::nullopt);
}

TEST(RepetitionTest, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(FindRepetition(Tokens{}), std::nullopt);
  EXPECT_EQ(FindRepetition(Tokens{1, 2, 3, 1, 2, 3, 4, 5, 1, 2, 3}),
            std::nullopt);
}

}  // namespace
}  // namespace krait::daemon
