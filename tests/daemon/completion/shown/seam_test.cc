// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/shown/seam.h"

#include <gtest/gtest.h>

namespace krait::completion {
namespace {

TEST(SeamTest, NothingWithinAWordUnlessAskedFor) {
  EXPECT_NE(WhyNotHere("self.fieldna", "mes = 1", false), "");
  EXPECT_NE(WhyNotHere("a = \xC3\xA9", "\xC3\xA8t", false), "");
  EXPECT_EQ(WhyNotHere("self.fieldna", "mes = 1", true), "");
  EXPECT_EQ(WhyNotHere("self.", "mes", false), "");
  EXPECT_EQ(WhyNotHere("self", ".mes", false), "");
}

TEST(SeamTest, NothingInATextThatSaysNothing) {
  EXPECT_NE(WhyNotHere("", "", false), "");
  EXPECT_NE(WhyNotHere(" \n\t", "\n", true), "");
  EXPECT_EQ(WhyNotHere("", "import os\n", false), "");
  EXPECT_EQ(WhyNotHere("#", "", false), "");
}

TEST(SeamTest, WordsThatMeetAreGlued) {
  EXPECT_TRUE(IsGlued("name", "mes"));
  EXPECT_TRUE(IsGlued("x1", "_y"));
  EXPECT_FALSE(IsGlued("name.", "mes"));
  EXPECT_FALSE(IsGlued("name", " mes"));
  EXPECT_FALSE(IsGlued("name", ""));
  EXPECT_FALSE(IsGlued("", "mes"));
}

TEST(SeamTest, WhatIsGluedIsCutToTheLastMark) {
  EXPECT_EQ(CutGlued("get(width, height", "th"), "get(width, ");
  EXPECT_EQ(CutGlued("me = name", "mes"), "me = ");
  EXPECT_EQ(CutGlued("namer", "_Sequence"), "");
  EXPECT_EQ(CutGlued("  namer", "_Sequence"), "");
  EXPECT_EQ(CutGlued("namer", ".x"), "namer");
}

TEST(SeamTest, ALineWithContentBehindBlanks) {
  EXPECT_TRUE(StandsBeforeContent({.before = "    ", .after = "try:"}));
  EXPECT_TRUE(StandsBeforeContent({.before = "", .after = "  x"}));
  EXPECT_FALSE(StandsBeforeContent({.before = "x ", .after = "= 1"}));
  EXPECT_FALSE(StandsBeforeContent({.before = "  ", .after = " "}));
}

TEST(SeamTest, CutsAreOfWordsOrBetweenThem) {
  EXPECT_TRUE(CutsWord("ab", 1));
  EXPECT_FALSE(CutsWord("a b", 1));
  EXPECT_FALSE(CutsWord("ab", 2));
  EXPECT_FALSE(CutsWord("ab", 0));
}

}  // namespace
}  // namespace krait::completion
