// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/one_declaration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace krait::repository {
namespace {

using Lines = std::pair<size_t, size_t>;

Passage Function(const std::string& path, const std::string& name, Lines lines,
                 const std::string& container = "") {
  return {.path = path,
          .begin_line = lines.first,
          .end_line = lines.second,
          .kind = grammars::SymbolKind::kFunction,
          .name = name,
          .container = container};
}

std::vector<Lines> Left(std::vector<Passage> passages, bool by_name = false) {
  for (size_t i = 0; i < passages.size(); ++i) {
    passages[i].score = static_cast<double>(passages.size() - i);
  }
  const double best = passages.empty() ? 0 : passages[0].score;
  LeaveOneOfEachDeclaration(by_name, &passages);
  std::vector<Lines> lines;
  lines.reserve(passages.size());
  for (const Passage& passage : passages) {
    lines.emplace_back(passage.begin_line, passage.end_line);
  }
  EXPECT_EQ(passages.empty() ? 0 : passages[0].score, best);
  return lines;
}

TEST(OneDeclarationTest, OfPiecesTheFirstIsLeft) {
  EXPECT_THAT(
      Left({Function("a.py", "f", {61, 120}), Function("a.py", "f", {1, 60}),
            Function("a.py", "f", {122, 130})}),
      testing::ElementsAre(Lines(61, 120)));
}

TEST(OneDeclarationTest, APrototypeIsItsDefinition) {
  EXPECT_THAT(Left({Function("a.c", "f", {3, 3}), Function("a.c", "g", {4, 4}),
                    Function("a.c", "f", {70, 90})}),
              testing::ElementsAre(Lines(70, 90), Lines(4, 4)));
  EXPECT_THAT(
      Left({Function("a.c", "f", {70, 90}), Function("a.c", "f", {3, 3})}),
      testing::ElementsAre(Lines(70, 90)));
}

TEST(OneDeclarationTest, OfANamedClassWhereItBeginsIsLeft) {
  std::vector<Passage> pieces = {
      Function("a.h", "A", {90, 95}), Function("a.h", "f", {20, 30}, "A"),
      Function("a.h", "A", {3, 12}), Function("b.h", "A", {1, 9})};
  for (Passage& piece : pieces) {
    if (piece.name == "A") piece.kind = grammars::SymbolKind::kClass;
  }
  EXPECT_THAT(Left(pieces, true),
              testing::ElementsAre(Lines(3, 12), Lines(20, 30), Lines(1, 9)));
  EXPECT_THAT(Left(pieces, false),
              testing::ElementsAre(Lines(90, 95), Lines(20, 30), Lines(1, 9)));
}

TEST(OneDeclarationTest, OthersStay) {
  // Overloads, other scopes, other files, what has no name.
  EXPECT_EQ(
      Left({Function("a.java", "f", {1, 5}), Function("a.java", "f", {6, 9}),
            Function("a.java", "f", {10, 10})})
          .size(),
      3U);
  EXPECT_EQ(Left({Function("a.cc", "f", {3, 3}, "A"),
                  Function("a.cc", "f", {5, 9}, "B")})
                .size(),
            2U);
  EXPECT_EQ(
      Left({Function("a.h", "f", {3, 3}), Function("a.c", "f", {5, 9})}).size(),
      2U);
  EXPECT_EQ(
      Left({Function("a.c", "f", {3, 3}), Function("a.c", "f", {5, 5})}).size(),
      2U);
  EXPECT_EQ(
      Left({Function("a.txt", "", {1, 60}), Function("a.txt", "", {61, 90})})
          .size(),
      2U);
  EXPECT_TRUE(Left({}).empty());
}

}  // namespace
}  // namespace krait::repository
