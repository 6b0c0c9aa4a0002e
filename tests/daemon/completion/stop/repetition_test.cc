// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/stop/repetition.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace krait::completion {
namespace {

using Pieces = std::vector<PieceId>;

TEST(RepetitionTest, FindsOneTokenOverAndOver) {
  EXPECT_EQ(FindRepetition(Pieces{9, 1, 1, 1, 1, 1}), std::nullopt);
  EXPECT_EQ(FindRepetition(Pieces{9, 1, 1, 1, 1, 1, 1}), 2U);
}

TEST(RepetitionTest, FindsLongPeriods) {
  Pieces tokens = {100, 101};
  for (int round = 0; round < 3; ++round) {
    for (PieceId id = 0; id < 7; ++id) tokens.push_back(id);
  }
  EXPECT_EQ(FindRepetition(tokens), 9U);
  tokens.pop_back();
  EXPECT_EQ(FindRepetition(tokens), std::nullopt);
}

TEST(RepetitionTest, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(FindRepetition(Pieces{}), std::nullopt);
  EXPECT_EQ(FindRepetition(Pieces{1, 2, 3, 1, 2, 3, 4, 5, 1, 2, 3}),
            std::nullopt);
}

TEST(RepetitionTest, FindsLinesThatRepeatAtAnyIndentation) {
  const std::string_view text =
      "if found in names:\n    use(found)\n    if found in names:\n";
  EXPECT_EQ(FindRepeatedLine(text), 33U);
  // Not before the line is whole.
  EXPECT_EQ(FindRepeatedLine(text.substr(0, text.size() - 1)), std::nullopt);
}

TEST(RepetitionTest, LetsShortAndDifferentLinesRepeat) {
  EXPECT_EQ(FindRepeatedLine(""), std::nullopt);
  EXPECT_EQ(FindRepeatedLine("\n\n\n"), std::nullopt);
  EXPECT_EQ(FindRepeatedLine("a\n  }\nb\n  }\n"), std::nullopt);
  EXPECT_EQ(FindRepeatedLine("call_this(one);\ncall_this(two);\n"),
            std::nullopt);
}

}  // namespace
}  // namespace krait::completion
