// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/rules/language_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace krait::completion {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const ModelLanguages kModelsLanguages = {
    {"c", "cpp", "javascript", "shell", "typescript"}};

TEST(LanguageRulesTest, WhatTheModelKnowsIsOnByAnyOfItsNames) {
  for (const char* id :
       {"c", "cpp", "cuda-cpp", "javascript", "javascriptreact", "shellscript",
        "bash", "typescript", "typescriptreact"}) {
    EXPECT_THAT(WhyLanguageIsOff({}, kModelsLanguages, id), IsEmpty()) << id;
  }
}

TEST(LanguageRulesTest, WhatItDoesNotKnowIsOffWithTheReason) {
  for (const char* id : {"python", "kotlin", "swift", "dart", "vue", "makefile",
                         "cmake", "sql", "yaml", "css", "dockerfile", "json"}) {
    EXPECT_THAT(WhyLanguageIsOff({}, kModelsLanguages, id),
                HasSubstr("this model does not know " + std::string(id)));
  }
}

TEST(LanguageRulesTest, ProseIsOffWhateverTheModelKnows) {
  for (const ModelLanguages& model :
       {ModelLanguages(), kModelsLanguages, ModelLanguages({"markdown"})}) {
    for (const char* id : {"markdown", "plaintext", "git-commit", "gitcommit",
                           "restructuredtext", "latex", ""}) {
      EXPECT_THAT(WhyLanguageIsOff({}, model, id),
                  HasSubstr("completion.languages turns it on"))
          << id;
    }
  }
}

TEST(LanguageRulesTest, AModelThatDoesNotSayKnowsEveryProgrammingLanguage) {
  for (const char* id : {"python", "kotlin", "zig", "r", "yaml", "makefile"}) {
    EXPECT_THAT(WhyLanguageIsOff({}, {}, id), IsEmpty()) << id;
  }
  for (const char* id : {"klingon", "z", "python r", " "}) {
    EXPECT_THAT(WhyLanguageIsOff({}, {}, id), HasSubstr("unknown type"));
  }
}

TEST(LanguageRulesTest, TheUserDecides) {
  EXPECT_THAT(WhyLanguageIsOff({{"kotlin", true}}, kModelsLanguages, "kotlin"),
              IsEmpty());
  EXPECT_THAT(WhyLanguageIsOff({{"*", true}}, kModelsLanguages, "markdown"),
              IsEmpty());
  EXPECT_THAT(WhyLanguageIsOff({{"*", true}, {"markdown", false}},
                               kModelsLanguages, "markdown"),
              HasSubstr("turned off for markdown by completion.languages"));
  EXPECT_THAT(WhyLanguageIsOff({{"*", false}}, kModelsLanguages, "c"),
              HasSubstr("turned off for c"));
}

TEST(LanguageRulesTest, ANameThatIsNoTextIsShownAsFarAsItIs) {
  const std::string why =
      WhyLanguageIsOff({}, kModelsLanguages, std::string(500, '\xff'));
  EXPECT_LT(why.size(), 400U);
  EXPECT_THAT(why, HasSubstr("\xEF\xBF\xBD"));
}

}  // namespace
}  // namespace krait::completion
