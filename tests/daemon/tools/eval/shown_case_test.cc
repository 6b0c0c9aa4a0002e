// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/shown_case.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace krait::daemon {
namespace {

TEST(RateShownTest, RightIsWhatStoodThereToItsEndOrToAWordsEnd) {
  const auto rate = [](std::string_view shown) {
    return RateShown(shown, "foo(bar, baz);  ");
  };
  EXPECT_TRUE(rate("foo(bar, baz);").to_end);
  EXPECT_TRUE(rate("foo(bar, baz);").whole);
  EXPECT_TRUE(rate("foo(bar").whole);
  EXPECT_FALSE(rate("foo(bar").to_end);
  EXPECT_TRUE(rate("foo(").whole);
  EXPECT_FALSE(rate("foo(ba").whole);  // within a word
  EXPECT_FALSE(rate("foo(bar, baz); x").whole);
  EXPECT_FALSE(rate("foo(1)").whole);
  EXPECT_FALSE(rate("").whole);
  EXPECT_EQ(rate("foo(bar ").right_bytes, 7U);
  EXPECT_EQ(RateShown(" = 1", " = 1;").right_bytes, 3U);
  EXPECT_EQ(rate("foo(1)").right_bytes, 0U);
}

TEST(RateShownTest, TheFirstWordIsAnIdentifierOrASign) {
  EXPECT_TRUE(RateShown(" foo.baz", " foo(bar)").first_word);
  EXPECT_FALSE(RateShown("foo.baz", "food").first_word);
  EXPECT_FALSE(RateShown("food", "foo").first_word);
  EXPECT_TRUE(RateShown("(a", "(b").first_word);
  EXPECT_FALSE(RateShown("", "foo").first_word);
}

TEST(SpreadCasesTest, TakesAsManyOfEachLanguageFromAllOverTheList) {
  std::vector<FimCase> cases;
  const auto add = [&cases](const std::string& id, const char* language) {
    FimCase& added = cases.emplace_back();
    added.id = id;
    added.language = language;
  };
  for (int i = 0; i < 10; ++i) add(std::to_string(i), "c");
  add("x", "go");
  std::vector<std::string> ids;
  for (const FimCase& fim_case : SpreadCases(cases, 3)) {
    ids.push_back(fim_case.language + fim_case.id);
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"c0", "c3", "c6", "gox"}));
  EXPECT_EQ(SpreadCases(cases, 100).size(), cases.size());
}

std::vector<SourceFile> Files() {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text += "  call(" + std::to_string(i) + ", \xC3\xA4);\r\n\n   \n";
  }
  return {{"a.c", "c", text}, {"b.py", "python", "x\n"}, {"e", "other", ""}};
}

TEST(PlacesInLinesTest, AreWithinLinesOfTheFile) {
  const auto files = Files();
  const auto places = PlacesInLines(files, 30, 1);
  ASSERT_EQ(places.size(), 30U);  // python has none
  std::set<std::string> ids;
  for (const FimCase& place : places) {
    EXPECT_EQ(place.language, "c");
    EXPECT_EQ(place.path, "a.c");
    EXPECT_EQ(place.prefix + place.middle + place.suffix, files[0].text);
    EXPECT_TRUE(place.suffix.starts_with("\r\n"));
    EXPECT_EQ(place.middle.find_first_of("\r\n"), std::string::npos);
    EXPECT_NE(place.prefix.back(), '\n');
    EXPECT_FALSE(place.middle.starts_with("\xA4"));
    ids.insert(place.id);
  }
  EXPECT_EQ(ids.size(), 30U);
}

TEST(PlacesInLinesTest, AreTheSameForTheSameSeed) {
  const auto ids = [](uint64_t seed) {
    std::vector<std::string> result;
    for (const FimCase& place : PlacesInLines(Files(), 20, seed)) {
      result.push_back(place.id);
    }
    return result;
  };
  EXPECT_EQ(ids(1), ids(1));
  EXPECT_NE(ids(1), ids(2));
}

TEST(RequestOfTest, HasTheFileAndItsSyntax) {
  const completion::CompletionRequest request =
      RequestOf({.id = "a",
                 .language = "python",
                 .path = "a.py",
                 .prefix = "x = ",
                 .suffix = "\ny = 2\n",
                 .middle = "1"});
  EXPECT_EQ(request.path, "a.py");
  EXPECT_EQ(request.before, "x = ");
  EXPECT_EQ(request.after, "\ny = 2\n");
  EXPECT_NE(request.syntax.slot, nullptr);
}

}  // namespace
}  // namespace krait::daemon
