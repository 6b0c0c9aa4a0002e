// SPDX-License-Identifier: Apache-2.0
#include "daemon/file_position.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace krait::daemon {
namespace {

using testing::HasSubstr;

TEST(FilePositionTest, SplitsAtTheLastTwoColons) {
  const auto position = ParseFilePosition("a:b.cc:12:5");
  ASSERT_TRUE(position.has_value());
  EXPECT_EQ(position->file, "a:b.cc");
  EXPECT_EQ(position->line, 12U);
  EXPECT_EQ(position->column, 5U);
}

TEST(FilePositionTest, RefusesOtherForms) {
  for (const char* text :
       {"", "a.cc", "a.cc:1", "a.cc:1:", "a.cc::1", ":1:1", "a.cc:0:1",
        "a.cc:1:0", "a.cc:x:1", "a.cc:1:-1", "a.cc:1:99999999999999999999"}) {
    const auto position = ParseFilePosition(text);
    ASSERT_FALSE(position.has_value()) << text;
    EXPECT_THAT(position.error().message, HasSubstr("FILE:LINE:COL"));
  }
}

TEST(FilePositionTest, CountsBytesFromOne) {
  const std::string_view text = "ab\r\n\xC3\xA4x\n";
  const auto at = [&](size_t line, size_t column) {
    return OffsetOf({.file = "f", .line = line, .column = column}, text);
  };
  EXPECT_EQ(*at(1, 1), 0U);
  EXPECT_EQ(*at(1, 3), 2U);  // before \r\n
  EXPECT_EQ(*at(2, 3), 6U);
  EXPECT_EQ(*at(2, 4), 7U);
  EXPECT_EQ(*at(3, 1), 8U);  // the empty line after the last line break
  EXPECT_THAT(at(1, 4).error().message, HasSubstr("column 4"));
  EXPECT_THAT(at(2, 2).error().message, HasSubstr("inside a character"));
  EXPECT_THAT(at(4, 1).error().message, HasSubstr("line 4 does not exist"));
}

TEST(FilePositionTest, AnEmptyFileHasOnePlace) {
  EXPECT_EQ(*OffsetOf({.file = "f", .line = 1, .column = 1}, ""), 0U);
  EXPECT_FALSE(OffsetOf({.file = "f", .line = 1, .column = 2}, "").has_value());
}

}  // namespace
}  // namespace krait::daemon
