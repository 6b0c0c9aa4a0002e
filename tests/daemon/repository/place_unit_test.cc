// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/place_unit.h"

#include <gtest/gtest.h>

#include <string>

namespace krait::repository {
namespace {

void ExpectPlace(const std::string& text, const std::string& path, size_t begin,
                 size_t end) {
  const auto place = ParsePlace(text);
  ASSERT_TRUE(place) << text;
  EXPECT_EQ(place->path, path) << text;
  EXPECT_EQ(place->begin, begin) << text;
  EXPECT_EQ(place->end, end) << text;
}

TEST(PlaceUnitTest, TheNameSaysWhatIsCounted) {
  EXPECT_EQ(UnitOfPlaces("doc/Manual.PDF"), PlaceUnit::kPage);
  EXPECT_EQ(UnitOfPlaces("a.b.ipynb"), PlaceUnit::kCell);
  for (const char* const path : {"a.cc", "pdf", ".pdf", "a.pdf.txt", ""}) {
    EXPECT_EQ(UnitOfPlaces(path), PlaceUnit::kLine) << path;
  }
}

TEST(PlaceUnitTest, WhatIsWrittenIsRead) {
  for (const char* const path : {"a/b.cc", "a b.pdf", "x:y.ipynb"}) {
    ExpectPlace(PlaceText(path, 7, 7), path, 7, 7);
    ExpectPlace(PlaceText(path, 7, 12), path, 7, 12);
  }
  EXPECT_EQ(PlaceText("a.cc", 3, 5), "a.cc:3-5");
  EXPECT_EQ(PlaceText("a.pdf", 3, 3), "a.pdf:page 3");
  EXPECT_EQ(PlaceText("a.pdf", 3, 5), "a.pdf:pages 3-5");
  EXPECT_EQ(PlaceText("a.ipynb", 3, 3), "a.ipynb:cell 3");
}

TEST(PlaceUnitTest, ReadsWhatModelsMakeOfIt) {
  ExpectPlace("./a.cc:L3-L5", "a.cc", 3, 5);
  ExpectPlace("a.pdf:3", "a.pdf", 3, 3);
  ExpectPlace("a.pdf:p. 3", "a.pdf", 3, 3);
  ExpectPlace("a.pdf:pp. 3-4", "a.pdf", 3, 4);
}

TEST(PlaceUnitTest, OtherTextIsNoPlace) {
  for (const char* const text :
       {"", "a.cc", ":3", "a.cc:", "a.cc:0", "a.cc:5-3", "a.cc:page 3",
        "a.pdf:cell 3", "a.ipynb:page 3", "a.pdf:page", "a.pdf:L3", "a.cc:3x",
        "a.cc:99999999999999999999999"}) {
    EXPECT_FALSE(ParsePlace(text)) << text;
  }
}

}  // namespace
}  // namespace krait::repository
