// SPDX-License-Identifier: Apache-2.0
#include "grammars/rules/language_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "grammars/rules/json_rules.h"
#include "tests/grammars/grammars_testing.h"

namespace krait::grammars {
namespace {

InsertionErrors Check(std::string_view language, std::string_view marked_text,
                      std::string_view inserted) {
  const MarkedText marked(marked_text);
  CheckBudget budget;
  const auto errors = CheckByRules(*LanguageNamed(language), marked.text,
                                   marked.ofs, inserted, &budget);
  EXPECT_LT(budget.steps, CheckBudget{}.steps);
  EXPECT_TRUE(errors.has_value());
  return errors.value_or(InsertionErrors{});
}

TEST(LanguageRulesTest, KnowsPythonAndJsonWhole) {
  EXPECT_TRUE(HasRules(*LanguageNamed("python")));
  EXPECT_TRUE(HasRules(*LanguageNamed("json")));
  EXPECT_FALSE(HasRules(*LanguageNamed("lua")));
  CheckBudget budget;
  EXPECT_FALSE(CheckByRules(*LanguageNamed("lua"), "", 0, "", &budget));
  budget.steps = 0;
  EXPECT_FALSE(CheckByRules(*LanguageNamed("json"), "1", 1, "", &budget));
}

TEST(LanguageRulesTest, AStatementIsWholeOrHalfTyped) {
  EXPECT_FALSE(Check("python", "x = 1\n¦\n", "y").half_typed);
  EXPECT_TRUE(Check("python", "x = ¦\n", "y").half_typed);
  EXPECT_TRUE(Check("python", "f(a, ¦\ny = 1\n", "b").half_typed);
  EXPECT_TRUE(Check("python", "def f():\n    ¦\n", "b").half_typed);
  // An error elsewhere is not this statement's.
  EXPECT_FALSE(Check("python", "a = = 1\nx = 1\n¦\n", "y").half_typed);
  EXPECT_TRUE(Check("json", "{\"a\": ¦\n}", "1").half_typed);
  EXPECT_FALSE(Check("json", "{\"a\": 1¦}", "2").half_typed);
}

TEST(LanguageRulesTest, WhatFitsMakesTheStatementWhole) {
  EXPECT_TRUE(Check("python", "x = ¦\n", "y").fits);
  EXPECT_FALSE(Check("python", "x = ¦\n", "y(").fits);
  EXPECT_TRUE(Check("python", "f(a, ¦\ny = 1\n", "b)").fits);
  EXPECT_TRUE(Check("python", "a = = 1\nx = ¦\n", "y").fits);
  EXPECT_FALSE(Check("python", "self.x¦mes = a\n", "me b").fits);
  EXPECT_FALSE(Check("python", "if self.¦ruler:\n    pass\n", "a:").fits);
  EXPECT_FALSE(
      Check("python", "if self._is¦\n", "even\n    raise ValueError('a')")
          .fits);
}

TEST(LanguageRulesTest, NoOtherStatementIsWorseForIt) {
  EXPECT_FALSE(
      Check("python", "if x:\n    a\n¦\nelse:\n    b\n", "y = 1").fits);
  EXPECT_FALSE(
      Check("python", "def f():\n    a\n    ¦\n    b\n", "    c").fits);
  EXPECT_FALSE(Check("python",
                     "class A:\n    def f(self):\n        a\n¦\n"
                     "    def g(self):\n        b\n",
                     "x = 1")
                   .fits);
  EXPECT_FALSE(Check("python", "x = 1\n¦\ny = 2\n", "\"\"\"").fits);
  // The body of a `try` that has no `except` yet.
  EXPECT_TRUE(Check("python", "try:\n    a\n    ¦\n", "b").fits);
}

TEST(LanguageRulesTest, JsonIsStrict) {
  EXPECT_TRUE(Check("json", "{\n  \"a\": 1,\n  \"b\": ¦\n}\n", "1").fits);
  EXPECT_FALSE(Check("json", "{\n  \"a\": 1,\n  \"b\": ¦\n}\n", "1,").fits);
  EXPECT_TRUE(Check("json", "{\n  \"b\": ¦\n  \"a\": 1\n}\n", "1,").fits);
  EXPECT_FALSE(Check("json", "[\n  \"a\"¦\n]\n", ",").fits);
  EXPECT_FALSE(Check("json", "[\n  \"a\"¦\n]\n", " // b").fits);
  EXPECT_TRUE(Check("json", "[ // b\n  \"a\"¦\n]\n", " // b").fits);
}

TEST(LanguageRulesTest, JsonCountsEachMistakeOnce) {
  const auto count = [](std::string_view text) {
    return FindBrokenJson(text, false).size();
  };
  for (const std::string_view text :
       {"{}", "[]", "1", "\"a\\n\\u00e9\"", "[1, -0.5e+3, true, null]\n",
        "{\"a\": {\"b\": []}, \"c\": \"\"}", "\xEF\xBB\xBF{}"}) {
    EXPECT_EQ(count(text), 0U) << text;
  }
  for (const std::string_view text :
       {"",        "{",         "[1,]",   "{\"a\": 1,}",
        "{\"a\"}", "{\"a\": }", "{a: 1}", "[1 2]",
        "{} {}",   "[01]",      "[1.]",   "['a']",
        "[\"a]",   "[\"\\x\"]", "[True]", "{\"a\": 1 \"b\": 2}",
        "[1}",     "]",         "{1: 2}", "[\"a\tb\"]"}) {
    EXPECT_GE(count(text), 1U) << text;
  }
  EXPECT_EQ(count("{\"a\": 1,}"), 1U);
  EXPECT_EQ(count("[1 2]"), 1U);
}

TEST(LanguageRulesTest, ABraceAtTheEndOfALuaHeaderIsForeign) {
  const Language& lua = *LanguageNamed("lua");
  EXPECT_TRUE(IsForeign(lua, "  if (options.is_empty()) {"));
  EXPECT_TRUE(IsForeign(lua, "function f(a) {"));
  EXPECT_FALSE(IsForeign(lua, "local x = f() {"));
  EXPECT_FALSE(IsForeign(lua, "for _, a in ipairs({"));
  EXPECT_FALSE(IsForeign(*LanguageNamed("c"), "if (x) {"));
}

}  // namespace
}  // namespace krait::grammars
