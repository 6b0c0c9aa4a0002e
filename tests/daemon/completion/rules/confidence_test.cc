// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/rules/confidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace krait::completion {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr completion::ConfidenceThresholds kModelsThresholds = {
    .line = -0.3, .block = -0.1, .token = -1.2, .invoked_token = -3};

TEST(ConfidenceTest, TheModelDecidesUnlessTheUserDoes) {
  const ConfidenceGate model = MakeGate({}, kModelsThresholds);
  EXPECT_EQ(model.LeastMean(/*several_lines=*/false), -0.3);
  EXPECT_EQ(model.LeastMean(/*several_lines=*/true), -0.1);
  EXPECT_EQ(model.token, -1.2);
  EXPECT_TRUE(model.hides_scraps);
  const ConfidenceGate user =
      MakeGate({.min_confidence = -0.7}, kModelsThresholds);
  EXPECT_EQ(user.line, -0.7);
  EXPECT_EQ(user.block, -0.7);
  EXPECT_EQ(user.token, -1.2);
}

TEST(ConfidenceTest, WhoAsksByHandGetsMore) {
  for (const std::optional<double> setting :
       {std::optional<double>(), std::optional<double>(-0.1)}) {
    const ConfidenceGate gate = MakeGate(
        {.min_confidence = setting, .invoked = true}, kModelsThresholds);
    EXPECT_EQ(gate.line, kShowAll);
    EXPECT_EQ(gate.block, kShowAll);
    EXPECT_EQ(gate.token, -3);
    EXPECT_TRUE(gate.always_something);
    EXPECT_FALSE(gate.hides_scraps);
  }
}

TEST(ConfidenceTest, ShowAllShowsAll) {
  const ConfidenceGate gate =
      MakeGate({.min_confidence = kShowAll}, kModelsThresholds);
  EXPECT_EQ(gate.line, kShowAll);
  EXPECT_EQ(gate.token, kShowAll);
  EXPECT_FALSE(gate.hides_scraps);
}

// What is shown of "SURE|UNSURE" behind `before`.
std::string Ended(std::string_view before, const std::string& marked,
                  std::string_view after = "") {
  const size_t keep = marked.find('|');
  std::string said = marked;
  said.erase(keep, 1);
  return said.substr(0, EndAtWord(said, keep, before, after));
}

TEST(ConfidenceTest, EndsAtAWord) {
  EXPECT_EQ(Ended("x = ", "foo(|bar)"), "foo(");
  EXPECT_EQ(Ended("x = ", "foo|(bar)"), "foo");
  EXPECT_EQ(Ended("x = ", "foo(ba|r)"), "foo(");
  EXPECT_EQ(Ended("x = ", "ba|r)"), "");
  EXPECT_EQ(Ended("x = ", "foo.|"), "foo.");
  EXPECT_EQ(Ended("x = ", "|foo"), "");
  EXPECT_EQ(Ended("x = ", "a.\xC3\xA4|\xC3\xB6"), "a.");
}

TEST(ConfidenceTest, AWordThatTheFileHasMayEnd) {
  EXPECT_EQ(Ended("ba = 1\nx = ", "foo(ba|r)"), "foo(ba");
  EXPECT_EQ(Ended("x = ", "foo(ba|r)", "\nba()\n"), "foo(ba");
  EXPECT_EQ(Ended("bar = 1\nx = ", "foo(ba|r)"), "foo(");
  EXPECT_EQ(Ended("x = ", "ba(ba|r)"), "ba(ba");
}

TEST(ConfidenceTest, TheWordMayHaveBegunBeforeTheCursor) {
  EXPECT_EQ(Ended("self._co", "nv|ert"), "");
  EXPECT_EQ(Ended("_conv = 1\nself._co", "nv|ert"), "nv");
  // What was typed is not a word of the file.
  EXPECT_EQ(Ended("ba", "r|r"), "");
}

TEST(ConfidenceTest, ScrapsAreWhatIsQuickerTypedThanRead) {
  for (const char* scrap :
       {"", ";", "l;", "i", "k.", " a b ", "\n  }\n", "\xC3\xA4\xC3\xB6"}) {
    EXPECT_TRUE(IsScrap(scrap)) << scrap;
  }
  for (const char* text : {"foo", "x);", "a b c", "\xC3\xA4\xC3\xB6\xC3\xBC"}) {
    EXPECT_FALSE(IsScrap(text)) << text;
  }
}

TEST(ConfidenceTest, TheFirstLineWithTextMayComeBehindAnEmptyOne) {
  EXPECT_EQ(FirstLineWithText("a\nb"), "a");
  EXPECT_EQ(FirstLineWithText("\n  a\n  b"), "\n  a");
  EXPECT_EQ(FirstLineWithText("a"), "a");
  EXPECT_EQ(FirstLineWithText(" \n"), " \n");
}

TEST(ConfidenceTest, SaysWhyItIsTooUnsure) {
  EXPECT_THAT(TooUnsure(-0.2, -0.3), IsEmpty());
  EXPECT_THAT(TooUnsure(-0.3, -0.3), IsEmpty());
  EXPECT_THAT(TooUnsure(std::nullopt, -0.3), IsEmpty());
  EXPECT_THAT(TooUnsure(-0.44, -0.3), HasSubstr("-0.4, threshold -0.3"));
}

}  // namespace
}  // namespace krait::completion
