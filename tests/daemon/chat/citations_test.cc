// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/citations.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace krait::daemon {
namespace {

const std::vector<Excerpt> kShown = {
    {.path = "a/b.cc",
     .begin_line = 10,
     .end_line = 20,
     .name = "EvictOldest",
     .text = "// Removes the entry that was used longest ago.\n"},
    {.path = "c.md",
     .begin_line = 1,
     .end_line = 5,
     .name = {},
     .text = "The daemon listens on a socket in the runtime directory.\n"}};

CheckedAnswer Check(const std::string& answer) {
  return CheckCitations(answer, kShown, [](const Excerpt&) { return true; });
}

Citation Place(const std::string& path, size_t begin, size_t end,
               bool added = false) {
  return {.path = path, .begin_line = begin, .end_line = end, .added = added};
}

TEST(CitationsTest, NumbersBecomePlaces) {
  const CheckedAnswer checked = Check("It evicts [1]. It listens [1, 2].");
  EXPECT_EQ(checked.text,
            "It evicts [a/b.cc:10-20]. It listens "
            "[a/b.cc:10-20][c.md:1-5].");
  EXPECT_EQ(checked.citations, (std::vector<Citation>{Place("a/b.cc", 10, 20),
                                                      Place("c.md", 1, 5)}));
  EXPECT_TRUE(checked.dropped.empty());
}

TEST(CitationsTest, PlacesWithinAnExcerptAreKept) {
  const CheckedAnswer checked =
      Check("Reads [a/b.cc:12-14], then [./c.md:L3]. Again [a/b.cc:12-14].");
  EXPECT_EQ(checked.text,
            "Reads [a/b.cc:12-14], then [c.md:3]. Again [a/b.cc:12-14].");
  EXPECT_EQ(checked.citations, (std::vector<Citation>{Place("a/b.cc", 12, 14),
                                                      Place("c.md", 3, 3)}));
}

TEST(CitationsTest, WhatWasNotShownIsTakenOutAndSaid) {
  const CheckedAnswer checked =
      Check("Made up [x.cc:1-2], [a/b.cc:19-30] and [7].");
  EXPECT_EQ(checked.text, "Made up, and.");
  EXPECT_TRUE(checked.citations.empty());
  EXPECT_EQ(checked.dropped, (std::vector<DroppedCitation>{
                                 {"[x.cc:1-2]", "was not shown to it"},
                                 {"[a/b.cc:19-30]", "was not shown to it"},
                                 {"[7]", "was not shown to it"}}));
}

TEST(CitationsTest, PagesAndCellsArePlaces) {
  const std::vector<Excerpt> shown = {
      {.path = "m.pdf", .begin_line = 3, .end_line = 3, .text = "the mill\n"},
      {.path = "n.ipynb", .begin_line = 7, .end_line = 7, .text = "x = 1\n"}};
  const CheckedAnswer checked = CheckCitations(
      "It turns [1]. Then [n.ipynb:cell 7]. Or [m.pdf:p. 3], not "
      "[m.pdf:page 4] or [n.ipynb:page 7].",
      shown, [](const Excerpt&) { return true; });
  EXPECT_EQ(checked.text,
            "It turns [m.pdf:page 3]. Then [n.ipynb:cell 7]. Or [m.pdf:page "
            "3], not or [n.ipynb:page 7].");
  EXPECT_EQ(checked.citations, (std::vector<Citation>{Place("m.pdf", 3, 3),
                                                      Place("n.ipynb", 7, 7)}));
  EXPECT_EQ(checked.dropped,
            (std::vector<DroppedCitation>{
                {.text = "[m.pdf:page 4]", .why = "was not shown to it"}}));
}

TEST(CitationsTest, PlacesOutsideAreNotShown) {
  for (const std::string place :
       {"../secret.py:1-2", "/etc/passwd:1", "a/../a/b.cc:12", "~/x:1"}) {
    const CheckedAnswer checked = Check("So [" + place + "].");
    EXPECT_EQ(checked.text, "So.") << place;
    EXPECT_EQ(checked.dropped.size(), 1U) << place;
  }
}

TEST(CitationsTest, WhatHasChangedSinceIsTakenOut) {
  const CheckedAnswer checked = CheckCitations(
      "So [1] and so [2].", kShown,
      [](const Excerpt& excerpt) { return excerpt.path == "c.md"; });
  EXPECT_EQ(checked.text, "So and so [c.md:1-5].");
  EXPECT_EQ(checked.dropped,
            (std::vector<DroppedCitation>{{"[1]", "has changed since"}}));
}

TEST(CitationsTest, ASentenceWithoutOneGetsWhereItIsSaid) {
  const CheckedAnswer checked = Check(
      "It removes the entry used longest ago.\n"
      "The daemon listens on a socket.");
  EXPECT_EQ(checked.text,
            "It removes the entry used longest ago. [a/b.cc:10-20]\n"
            "The daemon listens on a socket. [c.md:1-5]");
  EXPECT_EQ(checked.citations,
            (std::vector<Citation>{Place("a/b.cc", 10, 20, true),
                                   Place("c.md", 1, 5, true)}));
}

TEST(CitationsTest, ALineOfProseGoesOnInTheNext) {
  EXPECT_EQ(Check("The daemon listens\non a socket.").text,
            "The daemon listens\non a socket. [c.md:1-5]");
  EXPECT_EQ(Check("- daemon listens on socket\n- Paris").text,
            "- daemon listens on socket [c.md:1-5]\n- Paris");
}

TEST(CitationsTest, ASentenceThatNothingSaysGetsNone) {
  const CheckedAnswer checked =
      Check("Paris became capital of France centuries before.");
  EXPECT_EQ(checked.text, "Paris became capital of France centuries before.");
  EXPECT_TRUE(checked.citations.empty());
}

TEST(CitationsTest, ACitationBehindAFullStopIsOfTheSentenceBefore) {
  const CheckedAnswer checked =
      Check("The daemon listens on a socket. [1] Yes.");
  EXPECT_EQ(checked.text,
            "The daemon listens on a socket. [a/b.cc:10-20] Yes.");
  EXPECT_EQ(checked.citations.size(), 1U);
}

TEST(CitationsTest, OtherBracketsAreText) {
  for (const std::string text :
       {"a[0] = b[i]", "x[1]", "`[1]`", "```\n[2]\n```", "[x", "[a:b]",
        "[a.cc:0]", "[a.cc:5-3]", "[:3]", "[]", "[[a]]", "[link](http://x:80)",
        "[a.cc:99999999999999999999999]", "[1", "`"}) {
    const CheckedAnswer checked = Check(text);
    EXPECT_EQ(checked.text, text);
    EXPECT_TRUE(checked.dropped.empty()) << text;
    EXPECT_TRUE(checked.citations.empty()) << text;
  }
}

TEST(CitationsTest, KnowsWhenThereIsNoAnswer) {
  EXPECT_TRUE(SaysNotFound("Not found in this repository."));
  EXPECT_FALSE(SaysNotFound("It is found in [a.cc:1]."));
}

}  // namespace
}  // namespace krait::daemon
