// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/middle_anchors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace krait::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

completion::GeneratorPrompt Prompt(std::string_view prefix,
                                   std::string_view suffix = "\n}\n",
                                   std::string_view document = "file:///a") {
  return {
      .document = document, .path = "a.cc", .prefix = prefix, .suffix = suffix};
}

TEST(MiddleAnchorsTest, ANewOneIsAtTheBeginOfTheLine) {
  EXPECT_EQ(MiddleAnchors::NewFor("a\nb\nc"), 4U);
  EXPECT_EQ(MiddleAnchors::NewFor("a\nb\n"), 4U);
  EXPECT_EQ(MiddleAnchors::NewFor("abc"), 0U);
}

TEST(MiddleAnchorsTest, HoldsWhileTheTextBeforeItAndTheSuffixStay) {
  MiddleAnchors anchors;
  EXPECT_THAT(anchors.Find(Prompt("a\nb")), IsEmpty());
  anchors.Add(Prompt("a\nb"), 2);
  EXPECT_THAT(anchors.Find(Prompt("a\nbc\nd")), ElementsAre(2));
  EXPECT_THAT(anchors.Find(Prompt("a\n")), ElementsAre(2));
  EXPECT_THAT(anchors.Find(Prompt("a")), IsEmpty());
  EXPECT_THAT(anchors.Find(Prompt("x\nb")), IsEmpty());
  EXPECT_THAT(anchors.Find(Prompt("a\nb", "\n]\n")), IsEmpty());
  EXPECT_THAT(anchors.Find(Prompt("a\nb", "\n}\n", "file:///b")), IsEmpty());
}

TEST(MiddleAnchorsTest, IsLeftWhenMuchWasTypedBehindIt) {
  MiddleAnchors anchors;
  anchors.Add(Prompt("a\n"), 2);
  const std::string much(MiddleAnchors::kMostBytes, 'x');
  EXPECT_THAT(anchors.Find(Prompt("a\n" + much)), ElementsAre(2));
  EXPECT_THAT(anchors.Find(Prompt("a\n" + much + "x")), IsEmpty());
}

TEST(MiddleAnchorsTest, TheLastAddedIsFirstAndAFewAreKept) {
  MiddleAnchors anchors;
  const auto prompt = Prompt("a\nb\nc\nd\ne\nf\n");
  for (const size_t at : {2U, 4U, 6U, 8U, 10U}) anchors.Add(prompt, at);
  EXPECT_THAT(anchors.Find(prompt), ElementsAre(10, 8, 6, 4));
  anchors.Add(prompt, 6);
  EXPECT_THAT(anchors.Find(prompt), ElementsAre(6, 10, 8, 4));
}

}  // namespace
}  // namespace krait::daemon
