// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/repository_context.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace krait::completion {
namespace {

ContextPiece PieceAt(const std::string& path, size_t line, double worth,
                     const std::string& text = "text\n") {
  return {.path = path, .text = text, .begin_line = line, .worth = worth};
}

size_t BytesOfText(std::string_view text) {
  return text.size();
}

TEST(RepositoryContextTest, ItsOrderIsThatOfThePlaces) {
  const RepositoryContext one({PieceAt("b", 1, 1), PieceAt("a", 9, 2)});
  const RepositoryContext other({PieceAt("a", 9, 3), PieceAt("b", 1, 0)});
  ASSERT_EQ(one.pieces().size(), 2U);
  EXPECT_EQ(one.pieces()[0].path, "a");
  EXPECT_EQ(one.fingerprint(), other.fingerprint());
}

TEST(RepositoryContextTest, AnotherTextIsAnotherContext) {
  const RepositoryContext one({PieceAt("a", 1, 1, "x\n")});
  const RepositoryContext other({PieceAt("a", 1, 1, "y\n")});
  EXPECT_NE(one.fingerprint(), other.fingerprint());
  EXPECT_EQ(RepositoryContext({}).fingerprint(), 0U);
}

TEST(RepositoryContextTest, TheMostWorthyPiecesStay) {
  const RepositoryContext all(
      {PieceAt("a", 1, 1), PieceAt("b", 1, 3), PieceAt("c", 1, 2)});
  // A path, five bytes, and what is around a piece.
  const size_t each = 1 + 5 + kTokensAroundPiece;
  const RepositoryContext two = all.Within(2 * each, BytesOfText);
  ASSERT_EQ(two.pieces().size(), 2U);
  EXPECT_EQ(two.pieces()[0].path, "b");
  EXPECT_EQ(two.pieces()[1].path, "c");
  EXPECT_TRUE(all.Within(each - 1, BytesOfText).empty());
}

TEST(RepositoryContextTest, SharesWhatIsTheSame) {
  const RepositoryContext one({PieceAt("a", 1, 1), PieceAt("b", 1, 1)});
  const RepositoryContext other(
      {PieceAt("a", 1, 1), PieceAt("b", 1, 1, "z\n")});
  EXPECT_EQ(one.SharedWith(one), 1);
  EXPECT_EQ(one.SharedWith(other), 0.5);
  EXPECT_EQ(one.SharedWith(RepositoryContext({})), 0);
}

}  // namespace
}  // namespace krait::completion
