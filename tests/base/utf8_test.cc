// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

namespace krait::base {
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

TEST(Utf8Test, ReplacesOnlyBytesThatAreNotUtf8) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", ""},
      {"aé漢\U0001F600", "aé漢\U0001F600"},
      {"\x80", "\uFFFD"},
      {"a\xC3", "a\uFFFD"},
      {"\xC3\xA9\xC3", "é\uFFFD"},
      {"a\xFF\xE2\x82z", "a\uFFFD\uFFFD\uFFFDz"},
      {"\xF0\x9F\x98z", "\uFFFD\uFFFD\uFFFDz"},
      {"\xC0\x80", "\uFFFD\uFFFD"},                      // overlong
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},            // surrogate
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // beyond U+10FFFF
      {"\xFF"
       "a",
       "\uFFFDa"},
  };
  for (const auto& [bytes, expected] : cases) {
    EXPECT_EQ(ToValidUtf8(bytes), expected);
    EXPECT_EQ(IsUtf8(bytes), bytes == expected);
    EXPECT_TRUE(IsUtf8(ToValidUtf8(bytes)));
  }
}

TEST(Utf8Test, KnowsBoundaries) {
  const std::string_view text = "\xE2\x82\xAC";
  EXPECT_TRUE(IsCharBoundary(text, 0));
  EXPECT_FALSE(IsCharBoundary(text, 1));
  EXPECT_FALSE(IsCharBoundary(text, 2));
  EXPECT_TRUE(IsCharBoundary(text, 3));
}

}  // namespace
}  // namespace krait::base
