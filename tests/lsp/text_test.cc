// SPDX-License-Identifier: Apache-2.0
#include "lsp/text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cpu_clock.h"
#include "tests/lsp/plain_text.h"

namespace krait::lsp {
namespace {

void ExpectSame(const Text& text, const std::string& plain) {
  ASSERT_EQ(text.ToString(), plain);
  EXPECT_EQ(text.size(), plain.size());
  const std::vector<PlainLine> lines = PlainLines(plain);
  ASSERT_EQ(text.num_lines(), lines.size());
  for (size_t line = 0; line < lines.size(); ++line) {
    ASSERT_EQ(text.LineStart(line), lines[line].start) << line;
    ASSERT_EQ(text.LineEnd(line), lines[line].end) << line;
    ASSERT_EQ(text.LineOf(lines[line].start), line);
    ASSERT_EQ(text.LineOf(lines[line].end), line);
  }
}

TEST(TextTest, AnEmptyTextHasOneEmptyLine) {
  const Text text;
  ExpectSame(text, "");
  EXPECT_EQ(text.Line(0), "");
  EXPECT_EQ(text.ContiguousFrom(0), "");
  EXPECT_EQ(text.TextBefore(0, 10), "");
  EXPECT_EQ(text.TextAfter(0, 10), "");
}

TEST(TextTest, KnowsAllLineBreaks) {
  for (const std::string plain :
       {"a", "\n", "\r", "\r\n", "\n\r", "\r\r\n\n", "a\nb\r\nc\rd", "a\n",
        "a\r", "\r\n\r\n", "\u2028\v\f\u0085"}) {
    ExpectSame(Text(plain), plain);
  }
}

TEST(TextTest, JoinsAndSplitsCrLfByEdits) {
  Text text("a\r\nb");
  text.Replace(2, 2, "x");  // between the two
  ExpectSame(text, "a\rx\nb");
  text.Replace(2, 3, "");
  ExpectSame(text, "a\r\nb");
  text.Replace(1, 2, "");
  ExpectSame(text, "a\nb");
  text.Replace(1, 1, "\r");
  ExpectSame(text, "a\r\nb");
  text.Replace(0, 4, "");
  ExpectSame(text, "");
}

// Line breaks right at, before and behind every place where chunks may end.
TEST(TextTest, NeverCutsCrLf) {
  for (size_t shift = 0; shift < 3; ++shift) {
    std::string plain(shift, 'x');
    while (plain.size() < 100'000) plain += "\r\n\r";
    ExpectSame(Text(plain), plain);
    std::string one_line(16384 * 3 + shift, 'x');
    one_line.replace(8191, 2, "\r\n");
    one_line.replace(16383, 2, "\r\n");
    ExpectSame(Text(one_line), one_line);
  }
}

TEST(TextTest, AgreesWithAStringUnderRandomEdits) {
  constexpr std::string_view kPieces[] = {"\r", "\n", "\r\n", "x",
                                          "some words"};
  std::mt19937 random(11);
  for (int round = 0; round < 8; ++round) {
    std::string plain;
    Text text;
    for (int edit = 0; edit < 60; ++edit) {
      const size_t begin = random() % (plain.size() + 1);
      // Mostly small, and now and then a big part of all.
      const size_t reach = random() % 8 == 0 ? plain.size() : 3;
      const size_t end = std::min(plain.size(), begin + random() % (reach + 1));
      std::string content;
      size_t pieces = random() % 8 == 0 ? random() % 6000 : random() % 3;
      for (; pieces > 0; --pieces) {
        content += kPieces[random() % std::size(kPieces)];
      }
      plain.replace(begin, end - begin, content);
      text.Replace(begin, end, content);
      ExpectSame(text, plain);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(TextTest, CopiesAreIndependent) {
  std::string plain;
  for (int i = 0; i < 5000; ++i) plain += "line " + std::to_string(i) + "\n";
  Text text(plain);
  const Text snapshot = text;
  for (int i = 0; i < 100; ++i) text.Replace(20'000, 20'001, "yy");
  EXPECT_EQ(snapshot.ToString(), plain);
  EXPECT_EQ(text.size(), plain.size() + 100);
}

TEST(TextTest, GivesTheTextAroundAnOffset) {
  const Text text("aé\U0001F600b");  // 1 2 4 1 bytes
  EXPECT_EQ(text.TextBefore(8, 100), "aé\U0001F600b");
  EXPECT_EQ(text.TextBefore(7, 6), "é\U0001F600");
  EXPECT_EQ(text.TextBefore(7, 5), "\U0001F600");  // é does not fit
  EXPECT_EQ(text.TextBefore(7, 3), "");
  EXPECT_EQ(text.TextBefore(8, 1), "b");
  EXPECT_EQ(text.TextBefore(5, 0), "");
  EXPECT_EQ(text.TextAfter(0, 100), "aé\U0001F600b");
  EXPECT_EQ(text.TextAfter(0, 3), "aé");
  EXPECT_EQ(text.TextAfter(0, 2), "a");
  EXPECT_EQ(text.TextAfter(0, 6), "aé");
  EXPECT_EQ(text.TextAfter(3, 2), "");
  EXPECT_EQ(text.TextAfter(8, 5), "");
  EXPECT_EQ(text.CodePointStart(5), 3U);
  EXPECT_EQ(text.CodePointStart(3), 3U);
  EXPECT_EQ(text.CodePointStart(8), 8U);
}

TEST(TextTest, ContiguousPiecesAddUpToTheText) {
  std::string plain;
  for (int i = 0; i < 20'000; ++i) plain += std::to_string(i);
  const Text text(plain);
  std::string joined;
  size_t pieces = 0;
  while (joined.size() < text.size()) {
    joined += text.ContiguousFrom(joined.size());
    ++pieces;
  }
  EXPECT_EQ(joined, plain);
  EXPECT_GT(pieces, 2U);
}

// Typing one character costs some ten microseconds (bench_lsp_edits); the
// bound only catches an edit that touches the whole text.
TEST(TextTest, EditsOfAMillionLinesAreCheap) {
  std::string plain;
  for (int i = 0; i < 1'000'000; ++i) plain += "int variable = 42;\n";
  Text text(plain);
  std::mt19937 random(3);
  const auto start = CpuClock::now();
  constexpr int kEdits = 500;
  for (int i = 0; i < kEdits; ++i) {
    const Text snapshot = text;
    const size_t byte_ofs = text.LineStart(random() % text.num_lines());
    text.Replace(byte_ofs, byte_ofs, i % 10 == 0 ? "\n" : "x");
  }
  const auto each = (CpuClock::now() - start) / kEdits;
  EXPECT_LT(each, std::chrono::milliseconds(5));
  EXPECT_EQ(text.num_lines(), 1'000'001U + kEdits / 10);
}

}  // namespace
}  // namespace krait::lsp
