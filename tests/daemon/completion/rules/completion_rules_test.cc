// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/rules/completion_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace krait::completion {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr CompletionSubject kPython = {.unread_because = "",
                                       .language_id = "python"};

TEST(CompletionRulesTest, NothingIsForbiddenAtFirst) {
  EXPECT_THAT(WhyForbidden({}, kPython, Occasion::kTyped), IsEmpty());
}

TEST(CompletionRulesTest, TheStarStandsForAllOtherLanguages) {
  CompletionRules rules;
  rules.languages = {{"*", false}, {"python", true}};
  EXPECT_THAT(WhyForbidden(rules, kPython, Occasion::kTyped), IsEmpty());
  EXPECT_THAT(
      WhyForbidden(rules, {.unread_because = "", .language_id = "markdown"},
                   Occasion::kTyped),
      HasSubstr("turned off for markdown"));
}

TEST(CompletionRulesTest, ALanguageThatTheModelDoesNotKnowIsOff) {
  const CompletionSubject kotlin{.unread_because = "",
                                 .language_id = "kotlin",
                                 .model_languages = {{"c", "python"}}};
  CompletionRules rules;
  EXPECT_THAT(WhyForbidden(rules, kotlin, Occasion::kTyped),
              HasSubstr("this model does not know kotlin"));
  EXPECT_THAT(WhyForbidden(rules, kotlin, Occasion::kInvoked), IsEmpty());
  rules.languages = {{"kotlin", true}};
  EXPECT_THAT(WhyForbidden(rules, kotlin, Occasion::kTyped), IsEmpty());
}

TEST(CompletionRulesTest, WhatIsAskedForIsGiven) {
  CompletionRules rules;
  rules.enabled = false;
  rules.languages = {{"python", false}};
  rules.trigger = CompletionTrigger::kOnDemand;
  EXPECT_THAT(WhyForbidden(rules, kPython, Occasion::kInvoked), IsEmpty());
  EXPECT_THAT(WhyForbidden(rules, kPython, Occasion::kTyped),
              HasSubstr("completion.enabled"));
  rules.enabled = true;
  rules.languages.clear();
  EXPECT_THAT(WhyForbidden(rules, kPython, Occasion::kTyped),
              HasSubstr("on demand"));
  EXPECT_THAT(WhyForbidden(rules, kPython, Occasion::kReady), IsEmpty());
}

TEST(CompletionRulesTest, WhatMayNotBeReadIsNotGivenEvenIfAskedFor) {
  const CompletionSubject secret = {.unread_because = "it is a secret",
                                    .language_id = "python"};
  EXPECT_THAT(WhyForbidden({}, secret, Occasion::kInvoked),
              HasSubstr("a secret"));
  EXPECT_THAT(WhyForbidden({}, secret, Occasion::kTyped),
              HasSubstr("a secret"));
}

}  // namespace
}  // namespace krait::completion
