// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/text_window.h"

#include <gtest/gtest.h>

#include <string>

namespace krait::completion {
namespace {

size_t CountBytes(std::string_view text) {
  return text.size();
}

void ExpectCut(std::string_view before, std::string_view after,
               const WindowLimits& limits, std::string_view prefix,
               std::string_view suffix) {
  EXPECT_EQ(CutPrefix(before, limits.prefix_tokens, CountBytes), prefix);
  EXPECT_EQ(CutSuffix(after, limits.suffix_tokens, CountBytes), suffix);
}

TEST(ContextTest, KeepsAllWithinLimits) {
  ExpectCut("a\nb", "c\nd\n", {.prefix_tokens = 3, .suffix_tokens = 4}, "a\nb",
            "c\nd\n");
}

TEST(ContextTest, CutsAtLineBoundaries) {
  ExpectCut("one\ntwo\nth", "ree\nfour\nfive\n",
            {.prefix_tokens = 7, .suffix_tokens = 9}, "two\nth", "ree\nfour\n");
}

TEST(ContextTest, CutsInsideALineThatIsTooLong) {
  ExpectCut("0123456789", "abcdefgh", {.prefix_tokens = 6, .suffix_tokens = 5},
            "56789", "abcd");
}

TEST(ContextTest, NeverCutsInsideACharacter) {
  // Two-byte characters: halving five of them lands inside the third.
  ExpectCut("\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6",
            "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6",
            {.prefix_tokens = 9, .suffix_tokens = 9}, "\xC3\xA4\xC3\xB6",
            "\xC3\xA4\xC3\xB6");
}

TEST(ContextTest, EmptyTextsGiveEmptyWindows) {
  ExpectCut("", "", {.prefix_tokens = 5, .suffix_tokens = 5}, "", "");
}

TEST(ContextTest, ZeroSuffixTokensLeaveNoSuffix) {
  ExpectCut("a", "b\nc", {.prefix_tokens = 5, .suffix_tokens = 0}, "a", "");
}

TEST(ContextTest, BoundsTheBytesThatAreCounted) {
  const std::string text(1'000'000, 'x');
  size_t counted = 0;
  const auto count = [&](std::string_view part) {
    counted += part.size();
    return part.size();
  };
  (void)CutPrefix(text, 10, count);
  (void)CutSuffix(text, 10, count);
  EXPECT_LE(counted, 10 * kMaxBytesPerToken * 6);
}

TEST(ContextTest, EnoughBytesAreEnough) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "line " + std::to_string(i) + "\n";
  const WindowLimits limits{.prefix_tokens = 20, .suffix_tokens = 10};
  const std::string_view view = text;
  const auto before = view.substr(view.size() - EnoughBytesBefore(limits));
  EXPECT_EQ(CutPrefix(text, limits.prefix_tokens, CountBytes),
            CutPrefix(before, limits.prefix_tokens, CountBytes));
  const auto after = view.substr(0, EnoughBytesAfter(limits));
  EXPECT_EQ(CutSuffix(text, limits.suffix_tokens, CountBytes),
            CutSuffix(after, limits.suffix_tokens, CountBytes));
}

TEST(ContextTest, LineAtCursorEndsBeforeTheLineBreak) {
  const CursorLine line = LineAtCursor("a\n  foo(", "x);\r\nnext");
  EXPECT_EQ(line.before, "  foo(");
  EXPECT_EQ(line.after, "x);");
}

}  // namespace
}  // namespace krait::completion
