// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/context.h"

#include <gtest/gtest.h>

#include <string>

namespace krait::daemon {
namespace {

size_t CountBytes(std::string_view text) {
  return text.size();
}

void Check(std::string_view before, std::string_view after,
           const ContextLimits& limits, std::string_view prefix,
           std::string_view suffix) {
  const ContextWindow window = CutContext(before, after, limits, CountBytes);
  EXPECT_EQ(window.prefix, prefix);
  EXPECT_EQ(window.suffix, suffix);
}

TEST(ContextTest, KeepsAllWithinLimits) {
  Check("a\nb", "c\nd\n", {.prefix_tokens = 3, .suffix_tokens = 4}, "a\nb",
        "c\nd\n");
}

TEST(ContextTest, CutsAtLineBoundaries) {
  Check("one\ntwo\nth", "ree\nfour\nfive\n",
        {.prefix_tokens = 7, .suffix_tokens = 9}, "two\nth", "ree\nfour\n");
}

TEST(ContextTest, CutsInsideALineThatIsTooLong) {
  Check("0123456789", "abcdefgh", {.prefix_tokens = 6, .suffix_tokens = 5},
        "56789", "abcd");
}

TEST(ContextTest, NeverCutsInsideACharacter) {
  // Two-byte characters: halving five of them lands inside the third.
  Check("\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6",
        "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6",
        {.prefix_tokens = 9, .suffix_tokens = 9}, "\xC3\xA4\xC3\xB6",
        "\xC3\xA4\xC3\xB6");
}

TEST(ContextTest, EmptyTextsGiveEmptyWindows) {
  Check("", "", {.prefix_tokens = 5, .suffix_tokens = 5}, "", "");
}

TEST(ContextTest, ZeroSuffixTokensLeaveNoSuffix) {
  Check("a", "b\nc", {.prefix_tokens = 5, .suffix_tokens = 0}, "a", "");
}

TEST(ContextTest, BoundsTheBytesThatAreCounted) {
  const std::string text(1'000'000, 'x');
  size_t counted = 0;
  (void)CutContext(text, text, {.prefix_tokens = 10, .suffix_tokens = 10},
                   [&](std::string_view part) {
                     counted += part.size();
                     return part.size();
                   });
  EXPECT_LE(counted, 10 * kMaxBytesPerToken * 6);
}

TEST(ContextTest, EnoughBytesAreEnough) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "line " + std::to_string(i) + "\n";
  const ContextLimits limits{.prefix_tokens = 20, .suffix_tokens = 10};
  const auto all = CutContext(text, text, limits, CountBytes);
  const std::string_view view = text;
  const auto some =
      CutContext(view.substr(view.size() - EnoughBytesBefore(limits)),
                 view.substr(0, EnoughBytesAfter(limits)), limits, CountBytes);
  EXPECT_EQ(all.prefix, some.prefix);
  EXPECT_EQ(all.suffix, some.suffix);
}

TEST(ContextTest, LineAtCursorEndsBeforeTheLineBreak) {
  const CursorLine line = LineAtCursor("a\n  foo(", "x);\r\nnext");
  EXPECT_EQ(line.before, "  foo(");
  EXPECT_EQ(line.after, "x);");
}

}  // namespace
}  // namespace krait::daemon
