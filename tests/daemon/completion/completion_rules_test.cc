// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/completion_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace krait::daemon {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr CompletionSubject kPython = {.path = "src/a.py",
                                       .language_id = "python"};

TEST(CompletionRulesTest, AGlobMatchesThePathOrItsEnd) {
  EXPECT_TRUE(MatchesGlob("a.py", "a.py"));
  EXPECT_TRUE(MatchesGlob("a.py", "src/a.py"));
  EXPECT_FALSE(MatchesGlob("a.py", "src/aa.py"));
  EXPECT_TRUE(MatchesGlob("src/a.py", "lib/src/a.py"));
  EXPECT_FALSE(MatchesGlob("src", "src/a.py"));
  EXPECT_TRUE(MatchesGlob("*.env", ".env"));
  EXPECT_TRUE(MatchesGlob("*.env", "config/prod.env"));
  EXPECT_FALSE(MatchesGlob("*.env", "prod.envy"));
  EXPECT_TRUE(MatchesGlob("?.py", "src/a.py"));
  EXPECT_FALSE(MatchesGlob("?.py", "src/.py"));
  EXPECT_FALSE(MatchesGlob("src?a.py", "src/a.py"));
  EXPECT_FALSE(MatchesGlob("", "a"));
  EXPECT_TRUE(MatchesGlob("", ""));
}

TEST(CompletionRulesTest, OnlyTwoStarsCrossFolders) {
  EXPECT_FALSE(MatchesGlob("secrets/*", "secrets/deep/key"));
  EXPECT_TRUE(MatchesGlob("secrets/**", "secrets/deep/key"));
  EXPECT_TRUE(MatchesGlob("secrets/**/key", "secrets/very/deep/key"));
  EXPECT_TRUE(MatchesGlob("secrets/**/key", "secrets/key"));
  EXPECT_FALSE(MatchesGlob("secrets/**/key", "secrets/monkey"));
  EXPECT_TRUE(MatchesGlob("**/key", "key"));
  EXPECT_TRUE(MatchesGlob("**", "any/thing"));
  EXPECT_TRUE(MatchesGlob("s**y", "src/a.py"));
}

TEST(CompletionRulesTest, ManyStarsTakeLinearTime) {
  std::string glob;
  for (int i = 0; i < 100; ++i) glob += "a*";
  EXPECT_FALSE(MatchesGlob(glob + "b", std::string(1000, 'a')));
}

TEST(CompletionRulesTest, NothingIsForbiddenAtFirst) {
  EXPECT_THAT(WhyForbidden({}, kPython, false), IsEmpty());
  EXPECT_THAT(WhyUnread({}, kPython), IsEmpty());
}

TEST(CompletionRulesTest, TheStarStandsForAllOtherLanguages) {
  CompletionRules rules;
  rules.languages = {{"*", false}, {"python", true}};
  EXPECT_THAT(WhyForbidden(rules, kPython, false), IsEmpty());
  EXPECT_THAT(
      WhyForbidden(rules, {.path = "a.md", .language_id = "markdown"}, false),
      HasSubstr("turned off for markdown"));
}

TEST(CompletionRulesTest, ALanguageThatTheModelDoesNotKnowIsOff) {
  const CompletionSubject kotlin{.path = "a.kt",
                                 .language_id = "kotlin",
                                 .model_languages = {{"c", "python"}}};
  CompletionRules rules;
  EXPECT_THAT(WhyForbidden(rules, kotlin, false),
              HasSubstr("this model does not know kotlin"));
  EXPECT_THAT(WhyForbidden(rules, kotlin, true), IsEmpty());
  rules.languages = {{"kotlin", true}};
  EXPECT_THAT(WhyForbidden(rules, kotlin, false), IsEmpty());
}

TEST(CompletionRulesTest, WhatIsAskedForIsGiven) {
  CompletionRules rules;
  rules.enabled = false;
  rules.languages = {{"python", false}};
  rules.trigger = CompletionTrigger::kOnDemand;
  EXPECT_THAT(WhyForbidden(rules, kPython, true), IsEmpty());
  EXPECT_THAT(WhyForbidden(rules, kPython, false),
              HasSubstr("completion.enabled"));
  rules.enabled = true;
  rules.languages.clear();
  EXPECT_THAT(WhyForbidden(rules, kPython, false), HasSubstr("on demand"));
}

TEST(CompletionRulesTest, ADisabledFileIsNeverRead) {
  CompletionRules rules;
  rules.disabled_files = {"*.env", "src/*.py"};
  EXPECT_THAT(WhyForbidden(rules, kPython, true),
              HasSubstr("\"src/*.py\" in completion.disabled_files"));
  EXPECT_THAT(WhyUnread(rules, kPython), HasSubstr("src/*.py"));
}

}  // namespace
}  // namespace krait::daemon
