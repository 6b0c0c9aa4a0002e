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
  EXPECT_THAT(WhyForbidden({}, kPython, false), IsEmpty());
}

TEST(CompletionRulesTest, TheStarStandsForAllOtherLanguages) {
  CompletionRules rules;
  rules.languages = {{"*", false}, {"python", true}};
  EXPECT_THAT(WhyForbidden(rules, kPython, false), IsEmpty());
  EXPECT_THAT(
      WhyForbidden(rules, {.unread_because = "", .language_id = "markdown"},
                   false),
      HasSubstr("turned off for markdown"));
}

TEST(CompletionRulesTest, ALanguageThatTheModelDoesNotKnowIsOff) {
  const CompletionSubject kotlin{.unread_because = "",
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

TEST(CompletionRulesTest, WhatMayNotBeReadIsNotGivenEvenIfAskedFor) {
  const CompletionSubject secret = {.unread_because = "it is a secret",
                                    .language_id = "python"};
  EXPECT_THAT(WhyForbidden({}, secret, true), HasSubstr("a secret"));
  EXPECT_THAT(WhyForbidden({}, secret, false), HasSubstr("a secret"));
}

}  // namespace
}  // namespace krait::completion
