// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/shown/syntax.h"

#include <gtest/gtest.h>

#include <thread>

#include "grammars/parser.h"
#include "tests/daemon/completion/syntax_testing.h"

namespace krait::completion {
namespace {

using std::chrono::milliseconds;

TEST(SyntaxSlotTest, AWaitEndsWithoutATree) {
  const SyntaxSlot slot;
  EXPECT_EQ(slot.Wait(milliseconds(1)), nullptr);
}

TEST(SyntaxSlotTest, AWaitEndsWhenTheTreeIsThere) {
  SyntaxSlot slot;
  const auto tree =
      grammars::Parser(nullptr).Parse(std::make_shared<const std::string>("x"));
  std::thread setter([&] { slot.Set(tree); });
  EXPECT_EQ(slot.Wait(std::chrono::minutes(5)), tree);
  setter.join();
}

TEST(SyntaxSlotTest, NullIsAnAnswerToo) {
  SyntaxSlot slot;
  slot.Set(nullptr);
  EXPECT_EQ(slot.Wait(std::chrono::minutes(5)), nullptr);
}

bool Knows(const RequestSyntax& syntax, std::string_view before,
           std::string_view after) {
  return CursorSyntax::Of(syntax, before, after).has_value();
}

TEST(CursorSyntaxTest, IsForTheVeryTextOfTheRequest) {
  if (!HasGrammars()) GTEST_SKIP() << "built without grammars";
  const auto* python = grammars::LanguageOfPath("a.py");
  const RequestSyntax syntax = ParseForRequest(python, "x = foo\r\ny\r\n", 4);
  EXPECT_TRUE(Knows(syntax, "x = ", "foo\r\n"));
  EXPECT_TRUE(Knows(syntax, "= ", "foo\r\ny\r\n"));
  EXPECT_FALSE(Knows(syntax, "z = ", "foo\r\n"));
  EXPECT_FALSE(Knows(syntax, "x = ", "fob\r\n"));
  EXPECT_FALSE(Knows(syntax, "more\nx = ", "foo\r\n"));
}

TEST(CursorSyntaxTest, IsNothingWithoutAGrammarOrAPlace) {
  EXPECT_FALSE(Knows({}, "", ""));
  EXPECT_FALSE(Knows(ParseForRequest(nullptr, "abc", 1), "a", "bc"));
  EXPECT_FALSE(Knows(ParseForRequest(grammars::LanguageOfPath("a.py"), "x", 2),
                     "x", ""));
}

}  // namespace
}  // namespace krait::completion
