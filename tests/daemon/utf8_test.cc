// SPDX-License-Identifier: Apache-2.0
#include "daemon/utf8.h"

#include <gtest/gtest.h>

namespace krait::daemon {
namespace {

TEST(Utf8Test, AcceptsWholeSequencesOnly) {
  const std::string_view text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
  EXPECT_EQ(ValidUtf8Prefix(text), text.size());
  EXPECT_EQ(ValidUtf8Prefix(text.substr(0, text.size() - 1)), 6U);
  EXPECT_EQ(ValidUtf8Prefix(text.substr(0, 5)), 3U);
}

TEST(Utf8Test, RefusesWhatIsNoCharacter) {
  EXPECT_EQ(ValidUtf8Prefix("\xC0\x80"), 0U);          // overlong NUL
  EXPECT_EQ(ValidUtf8Prefix("\xE0\x80\x80"), 0U);      // overlong
  EXPECT_EQ(ValidUtf8Prefix("\xED\xA0\x80"), 0U);      // surrogate
  EXPECT_EQ(ValidUtf8Prefix("\xF4\x90\x80\x80"), 0U);  // above U+10FFFF
  EXPECT_EQ(ValidUtf8Prefix("\xF8\x88\x80\x80"), 0U);
  EXPECT_EQ(ValidUtf8Prefix("\x80"), 0U);
}

TEST(Utf8Test, ReplacesInvalidBytesOneByOne) {
  EXPECT_EQ(ToValidUtf8("a\xFF\xE2\x82z"),
            "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST(Utf8Test, KnowsBoundaries) {
  const std::string_view text = "\xE2\x82\xAC";
  EXPECT_TRUE(IsCharBoundary(text, 0));
  EXPECT_FALSE(IsCharBoundary(text, 1));
  EXPECT_FALSE(IsCharBoundary(text, 2));
  EXPECT_TRUE(IsCharBoundary(text, 3));
}

}  // namespace
}  // namespace krait::daemon
