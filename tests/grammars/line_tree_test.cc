// SPDX-License-Identifier: Apache-2.0
#include "grammars/line_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/cpu_clock.h"
#include "tests/grammars/grammars_testing.h"

namespace krait::grammars {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SyntaxContext ContextOfMarked(std::string_view language,
                              std::string_view marked_text) {
  const MarkedText marked(marked_text);
  const LineTree tree(LanguageNamed(language),
                      std::make_shared<const std::string>(marked.text));
  return tree.ContextAt(marked.ofs);
}

TEST(LineTreeTest, DeeperLinesAreInBlocks) {
  const SyntaxContext context =
      ContextOfMarked("yaml", "a:\n  b:\n    c: 1\n    ¦\nd: 2\n");
  ASSERT_EQ(context.enclosing.size(), 2U);
  EXPECT_EQ(context.enclosing[0].name, "b:");
  EXPECT_EQ(context.enclosing[1].name, "a:");
  EXPECT_EQ(context.spot, Spot::kStatementStart);
  EXPECT_FALSE(context.from_grammar);
}

TEST(LineTreeTest, BlankLineAfterHeaderIsEmptyBlock) {
  EXPECT_EQ(ContextOfMarked("css", "a {\n  ¦\n}\n").spot, Spot::kEmptyBlock);
  EXPECT_EQ(ContextOfMarked("css", "a {\n  ¦\n  b: c;\n}\n").spot,
            Spot::kStatementStart);
  EXPECT_EQ(ContextOfMarked("css", "a {\n  b: ¦\n}\n").spot, Spot::kStatement);
  EXPECT_EQ(ContextOfMarked("css", "a {\n  b: c(¦\n}\n").spot,
            Spot::kExpression);
}

TEST(LineTreeTest, BlockEndsBeforeItsClosingLine) {
  const SyntaxContext context = ContextOfMarked("css", "a {\n  ¦\n}\nb {}\n");
  EXPECT_EQ(context.block_begin_ofs, 3U);
  EXPECT_EQ(context.block_end_ofs, 7U);
}

TEST(LineTreeTest, CommentsAndStringsAreSeenOnTheLine) {
  EXPECT_EQ(ContextOfMarked("yaml", "a: 1 # b¦").place, Place::kComment);
  EXPECT_EQ(ContextOfMarked("yaml", "a: \"b # c¦").place, Place::kString);
  EXPECT_EQ(ContextOfMarked("markdown", "It isn't so¦").place, Place::kCode);
}

TEST(LineTreeTest, AnchorsAreParagraphsAndHeaders) {
  const LineTree tree(
      nullptr, std::make_shared<const std::string>("a\nb\n\nc\n  d\ne\n  f\n"));
  EXPECT_THAT(tree.Anchors(18, 10), ElementsAre(0, 5, 11));
  EXPECT_THAT(tree.Anchors(18, 2), ElementsAre(5, 11));
  EXPECT_THAT(tree.Anchors(0, 10), ElementsAre(0));
  EXPECT_THAT(tree.Anchors(18, 0), IsEmpty());
}

TEST(LineTreeTest, SectionsAreSymbols) {
  const LineTree tree(
      LanguageNamed("markdown"),
      std::make_shared<const std::string>("# A\n\ntext\n\n## B\n"));
  std::vector<std::string> names;
  for (const Symbol& symbol : tree.Symbols()) names.push_back(symbol.name);
  EXPECT_THAT(names, ElementsAre("# A", "## B"));
}

TEST(LineTreeTest, EmptyTextHasNothing) {
  const LineTree tree(nullptr, std::make_shared<const std::string>());
  EXPECT_EQ(tree.ContextAt(5).spot, Spot::kStatementStart);
  EXPECT_THAT(tree.Symbols(), IsEmpty());
  EXPECT_EQ(tree.CountErrors(), 0U);
  CheckBudget budget;
  EXPECT_FALSE(tree.CheckInsertion(0, "x", &budget).has_value());
}

TEST(LineTreeTest, LargeTextCostsNoMoreThanItsWindow) {
  std::string text;
  for (size_t i = 0; i < 400'000; ++i)
    text += std::string(i % 60, ' ') + "x {\n";
  const LineTree tree(nullptr, std::make_shared<const std::string>(text));
  const auto start = CpuClock::now();
  const SyntaxContext context = tree.ContextAt(text.size() / 2);
  tree.Anchors(text.size() / 2, 32);
  EXPECT_LT(CpuClock::now() - start, std::chrono::seconds(5));
  EXPECT_FALSE(context.enclosing.empty());
}

TEST(OneLineTest, CutsAtCodePoints) {
  EXPECT_EQ(OneLine("  a\n\t b  "), "a b");
  const std::string cut = OneLine(std::string(199, 'x') + "ä");
  EXPECT_EQ(cut, std::string(199, 'x'));
}

}  // namespace
}  // namespace krait::grammars
