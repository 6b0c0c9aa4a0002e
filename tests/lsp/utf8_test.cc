// SPDX-License-Identifier: Apache-2.0
#include "lsp/utf8.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

namespace krait::lsp {
namespace {

TEST(Utf8Test, ReplacesOnlyBytesThatAreNotUtf8) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", ""},
      {"aé漢\U0001F600", "aé漢\U0001F600"},
      {"\x80", "\uFFFD"},
      {"a\xC3", "a\uFFFD"},
      {"\xC3\xA9\xC3", "é\uFFFD"},
      {"\xF0\x9F\x98z", "\uFFFD\uFFFD\uFFFDz"},
      {"\xC0\x80", "\uFFFD\uFFFD"},                      // overlong
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},            // surrogate
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // beyond U+10FFFF
      {"\xFF"
       "a",
       "\uFFFDa"},
  };
  for (const auto& [bytes, expected] : cases) {
    EXPECT_EQ(ToUtf8(bytes), expected);
    EXPECT_EQ(IsUtf8(bytes), bytes == expected);
    EXPECT_TRUE(IsUtf8(ToUtf8(bytes)));
  }
}

}  // namespace
}  // namespace krait::lsp
