// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/read_texts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace krait::daemon {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// Lines of which none is like another.
std::string Lines(size_t begin, size_t end) {
  std::string text;
  for (size_t line = begin; line < end; ++line) {
    text += fmt::format("int value_{} = compute({});\n", line, line * line);
  }
  return text;
}

TEST(ReadTextsTest, APlaceEndsAsThePrefixDoes) {
  ReadTexts read;
  read.Add("a", Lines(0, 100));
  // A line was put in at the top, and the cursor is further up.
  const std::string prefix = "// new\n" + Lines(0, 60) + "int x";
  const auto places = read.Find("a", prefix);
  ASSERT_THAT(places, SizeIs(1));
  EXPECT_EQ(places[0].read, Lines(0, 60));
  EXPECT_EQ(prefix.substr(places[0].prefix_bytes), "int x");
  EXPECT_THAT(read.Find("b", prefix), IsEmpty());
}

TEST(ReadTextsTest, WhatWasTypedSinceIsBehindThePlace) {
  ReadTexts read;
  read.Add("a", Lines(0, 50));
  const std::string prefix = "// new\n" + Lines(0, 40) + Lines(500, 510);
  const auto places = read.Find("a", prefix);
  ASSERT_THAT(places, SizeIs(1));
  EXPECT_EQ(places[0].read, Lines(0, 40));
  EXPECT_EQ(prefix.substr(places[0].prefix_bytes), Lines(500, 510));
}

TEST(ReadTextsTest, WhereMuchIsNewThereIsNone) {
  ReadTexts read;
  read.Add("a", Lines(0, 50));
  EXPECT_THAT(read.Find("a", Lines(0, 40) + Lines(500, 700)), IsEmpty());
  EXPECT_THAT(read.Find("a", "int x"), IsEmpty());
  EXPECT_THAT(read.Find("a", ""), IsEmpty());
}

TEST(ReadTextsTest, OfTextThatComesAgainTheNearestCounts) {
  ReadTexts read;
  std::string text;
  for (size_t i = 0; i < 10; ++i) {
    text += Lines(0, 20) + Lines(100 + i, 101 + i);
  }
  read.Add("a", text);
  const size_t part = text.size() / 10;
  const std::string prefix = "//\n" + text.substr(0, 5 * part);
  const auto places = read.Find("a", prefix);
  ASSERT_THAT(places, SizeIs(1));
  EXPECT_EQ(places[0].read.size(), 5 * part);
}

TEST(ReadTextsTest, OneThatGoesOnTakesThePlaceOfTheOther) {
  ReadTexts read;
  for (size_t line = 30; line < 40; ++line) read.Add("a", Lines(0, line));
  read.Add("a", Lines(0, 20));  // is a part of it
  EXPECT_THAT(read.Find("a", "//\n" + Lines(0, 39)), SizeIs(1));
  for (size_t other = 1; other < 10; ++other) {
    read.Add("a", Lines(other, other + 60));
  }
  EXPECT_THAT(read.Find("a", "//\n" + Lines(0, 39)), SizeIs(3));
}

TEST(ReadTextsTest, TheWholeIsSearchedToo) {
  ReadTexts read;
  EXPECT_EQ(read.Whole("a"), "");
  read.SetWhole("a", Lines(0, 100));
  EXPECT_EQ(read.Whole("a"), Lines(0, 100));
  read.Add("a", Lines(0, 50));  // is a part of it
  EXPECT_THAT(read.Find("a", "//\n" + Lines(0, 40)), SizeIs(1));
  read.Forget();
  EXPECT_EQ(read.Whole("a"), "");
  EXPECT_THAT(read.Find("a", "//\n" + Lines(0, 40)), IsEmpty());
}

TEST(ReadTextsTest, FewDocumentsAreRemembered) {
  ReadTexts read;
  for (int i = 0; i < 20; ++i) read.SetWhole(std::to_string(i), Lines(0, 30));
  EXPECT_EQ(read.Whole("0"), "");
  EXPECT_EQ(read.Whole("19"), Lines(0, 30));
}

TEST(ChangedBytesTest, AreThoseBetweenBeginAndEnd) {
  EXPECT_EQ(ChangedBytes("", ""), 0U);
  EXPECT_EQ(ChangedBytes("abc", "abc"), 0U);
  EXPECT_EQ(ChangedBytes("abc", "abXYc"), 2U);
  EXPECT_EQ(ChangedBytes("abXYc", "abc"), 2U);
  EXPECT_EQ(ChangedBytes("aaa", "aaaaa"), 2U);
  EXPECT_EQ(ChangedBytes("xbcy", "abcd"), 4U);
}

}  // namespace
}  // namespace krait::daemon
