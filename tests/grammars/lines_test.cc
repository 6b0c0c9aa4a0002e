// SPDX-License-Identifier: Apache-2.0
#include "grammars/lines.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "grammars/edit.h"

namespace krait::grammars {
namespace {

TEST(LinesTest, AllBreaksEndLines) {
  const std::string text = "a\r\n\nbc\rd";
  std::vector<std::string> forward;
  std::optional<Line> last;
  for (std::optional<Line> line = LineAt(text, 0); line;
       line = LineAfter(text, *line)) {
    forward.emplace_back(line->content);
    last = line;
  }
  EXPECT_EQ(forward, (std::vector<std::string>{"a", "", "bc", "d"}));
  std::vector<std::string> backward;
  for (; last; last = LineBefore(text, *last)) {
    backward.insert(backward.begin(), std::string(last->content));
  }
  EXPECT_EQ(backward, forward);
}

TEST(LinesTest, EveryOffsetIsOnItsLine) {
  const std::string text = "a\r\n\nbc\rd\n";
  for (size_t ofs = 0; ofs <= text.size(); ++ofs) {
    const Line line = LineAt(text, ofs);
    EXPECT_LE(line.begin_ofs, ofs);
    // The offset between "\r" and "\n" is past the end of the content.
    EXPECT_GE(line.end_ofs + (ofs == 2 ? 1 : 0), ofs) << ofs;
  }
}

TEST(LinesTest, TabsGoToMultiplesOfEight) {
  EXPECT_EQ(LineAt("  \tx", 0).Indentation(), 8U);
  EXPECT_EQ(LineAt("\t x", 0).Indentation(), 9U);
}

TEST(LinesTest, EndsAndBracketsCloseBlocks) {
  EXPECT_TRUE(LineAt("  end", 0).ClosesBlock());
  EXPECT_TRUE(LineAt("});", 0).ClosesBlock());
  EXPECT_FALSE(LineAt("ending()", 0).ClosesBlock());
  EXPECT_TRUE(LineAt("if x:", 0).OpensBlock());
}

TEST(LinesTest, IndentUnitIsTheCommonStep) {
  const IndentUnit otherwise{' ', 7};
  EXPECT_EQ(DetectIndentUnit("a\n  b\n    c\nd\n  e\n", otherwise),
            (IndentUnit{' ', 2}));
  EXPECT_EQ(DetectIndentUnit("a\n\tb\n\tc\n", otherwise),
            (IndentUnit{'\t', 1}));
  EXPECT_EQ(DetectIndentUnit("/*\n * a\n */\n", otherwise), otherwise);
  EXPECT_EQ(DetectIndentUnit("", otherwise), otherwise);
}

TEST(EditTest, IsTheSmallestReplacement) {
  const Edit edit = EditBetween("ab\ncd\nef", "ab\ncXX\nYd\nef");
  EXPECT_EQ(edit.begin_ofs, 4U);
  EXPECT_EQ(edit.old_end_ofs, 4U);
  EXPECT_EQ(edit.new_end_ofs, 8U);
  EXPECT_EQ(edit.begin, (Point{1, 1}));
  EXPECT_EQ(edit.old_end, (Point{1, 1}));
  EXPECT_EQ(edit.new_end, (Point{2, 1}));
}

TEST(EditTest, TurnsAnyTextIntoAnyOther) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string before;
    std::string after;
    for (std::string* text : {&before, &after}) {
      for (auto left = random() % 12; left > 0; --left)
        *text += "ab\n"[random() % 3];
    }
    const Edit edit = EditBetween(before, after);
    ASSERT_LE(edit.begin_ofs, edit.old_end_ofs);
    ASSERT_LE(edit.begin_ofs, edit.new_end_ofs);
    const std::string made =
        before.substr(0, edit.begin_ofs) +
        after.substr(edit.begin_ofs, edit.new_end_ofs - edit.begin_ofs) +
        before.substr(edit.old_end_ofs);
    EXPECT_EQ(made, after);
    EXPECT_EQ(edit.begin, PointAt(before, edit.begin_ofs));
    EXPECT_EQ(edit.old_end, PointAt(before, edit.old_end_ofs));
    EXPECT_EQ(edit.new_end, PointAt(after, edit.new_end_ofs));
  }
}

TEST(LinesTest, WordsAndBracketsCloseBlocks) {
  for (const std::string_view line :
       {"}", "  });", "end", "  end)", "fi", "done < names", "esac", "</div>",
        "end;", "end -- of it"}) {
    EXPECT_TRUE(ClosesBlock(line)) << line;
  }
  for (const std::string_view line :
       {"", "ending", "end.next()", "done = true", "find()", "{"}) {
    EXPECT_FALSE(ClosesBlock(line)) << line;
  }
  EXPECT_TRUE(ContinuesBlock("  } else {"));
  EXPECT_TRUE(ContinuesBlock("elif a:"));
  EXPECT_FALSE(ContinuesBlock("}"));
}

}  // namespace
}  // namespace krait::grammars
