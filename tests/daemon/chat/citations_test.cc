// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/citations.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace krait::daemon {
namespace {

const std::vector<repository::Passage> kShown = {{.path = "a/b.cc",
                                                  .begin_line = 10,
                                                  .end_line = 20,
                                                  .name = {},
                                                  .container = {}},
                                                 {.path = "c.md",
                                                  .begin_line = 1,
                                                  .end_line = 5,
                                                  .name = {},
                                                  .container = {}}};

TEST(CitationsTest, WhatWasShownIsKept) {
  const auto checked = CheckCitations(
      "It reads [a/b.cc:12-14], then [c.md:3]. Again [a/b.cc:12-14].", kShown);
  EXPECT_EQ(checked.text,
            "It reads [a/b.cc:12-14], then [c.md:3]. Again [a/b.cc:12-14].");
  EXPECT_EQ(checked.citations,
            (std::vector<Citation>{{"a/b.cc", 12, 14}, {"c.md", 3, 3}}));
  EXPECT_TRUE(checked.dropped.empty());
}

TEST(CitationsTest, WhatWasNotIsTakenOutAndSaid) {
  const auto checked =
      CheckCitations("Made up [x.cc:1-2] and [a/b.cc:19-30].", kShown);
  EXPECT_EQ(checked.text, "Made up and.");
  EXPECT_TRUE(checked.citations.empty());
  EXPECT_EQ(checked.dropped,
            (std::vector<Citation>{{"x.cc", 1, 2}, {"a/b.cc", 19, 30}}));
}

TEST(CitationsTest, OtherBracketsAreText) {
  for (const std::string text :
       {"a[0] = b[i]", "[x", "[a:b]", "[a.cc:0]", "[a.cc:5-3]", "[:3]", "[]",
        "[[a]]", "[link](http://x:80)", "[a.cc:99999999999999999999999]"}) {
    const auto checked = CheckCitations(text, kShown);
    EXPECT_EQ(checked.text, text);
    EXPECT_TRUE(checked.dropped.empty()) << text;
  }
}

TEST(CitationsTest, KnowsWhenThereIsNoAnswer) {
  EXPECT_TRUE(SaysNotFound("Not found in this repository."));
  EXPECT_FALSE(SaysNotFound("It is found in [a.cc:1]."));
}

}  // namespace
}  // namespace krait::daemon
