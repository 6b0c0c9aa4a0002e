// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/syntax_check.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/daemon/completion/syntax_testing.h"

namespace krait::daemon {
namespace {

constexpr std::chrono::milliseconds kLimit{10'000};

void Check(std::string_view path, std::string_view marked,
           std::string_view text, std::string_view kept) {
  const CompletionRequest request = RequestAt(path, marked);
  const auto syntax =
      CursorSyntax::Of(request.syntax, request.before, request.after, kLimit);
  ASSERT_TRUE(syntax.has_value());
  auto budget = grammars::CheckBudget::Unlimited();
  EXPECT_EQ(FitSyntax(*syntax, text, &budget), kept) << marked;
  EXPECT_FALSE(budget.Spent());
}

class SyntaxCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasGrammars()) GTEST_SKIP() << "built without grammars";
  }
};

TEST_F(SyntaxCheckTest, LeavesAloneWhatIsWellFormed) {
  Check("a.py", "def f(a):\n    ¦\n", "return a", "return a");
  Check("a.cc", "int f(int a) {\n  ¦\n}\n", "return a;", "return a;");
  Check("a.ts", "const f = (a: number) => {\n  ¦\n};\n", "return a;",
        "return a;");
  Check("a.go", "package p\n\nfunc f(a int) int {\n\t¦\n}\n", "return a",
        "return a");
  Check("a.rs", "fn f(a: i32) -> i32 {\n    ¦\n}\n", "a + 1", "a + 1");
}

TEST_F(SyntaxCheckTest, CutsWhatLeavesAClosedBlock) {
  Check("a.cc", "int f(int a) {\n  ¦\n}\n", "return a; }", "return a;");
  Check("a.go", "package p\n\nfunc f() {\n\t¦\n}\n", "g()\n}\n\nfunc h() {}",
        "g()");
  Check("a.ts", "f(() => {\n  ¦\n});\n", "g();\n});", "g();");
}

TEST_F(SyntaxCheckTest, CutsToWholeLines) {
  Check("a.cc", "void f(int a) {\n  ¦\n}\n", "g(a);\nif (a) {\n  h();",
        "g(a);");
}

TEST_F(SyntaxCheckTest, KeepsABeginning) {
  Check("a.py", "def f(a):\n    ¦\n", "for b in a:", "for b in a:");
  Check("a.py", "def f(a):\n    ¦\n", "return g(a,", "return g(a,");
  Check("a.cc", "void f(int a) {\n  ¦\n}\n", "if (a) {", "if (a) {");
  Check("a.cc", "void f(int a) {\n  ¦\n}\n", "int b = g(a", "int b = g(a");
  Check("a.rs", "fn f(a: i32) {\n    ¦\n}\n", "for b in 0..a {",
        "for b in 0..a {");
  Check("a.sh", "f() {\n  ¦\n}\n", "if true; then", "if true; then");
  Check("a.lua", "local x = 1\n¦\n", "if x then", "if x then");
}

TEST_F(SyntaxCheckTest, RefusesWhatCannotStandThere) {
  Check("a.py", "def f(a):\n    ¦\n", "return = = a", "");
  Check("a.cc", "int f(int a) {\n  ¦\n}\n", "int int = = ;", "");
  Check("a.ts", "const a = 1;\n¦\n", "const = = 2;", "");
  Check("a.go", "package p\n\nfunc f() {\n\t¦\n}\n", "var := := 1", "");
}

TEST_F(SyntaxCheckTest, SaysNothingNearSyntaxErrors) {
  Check("a.py", "x = (((\ny = [¦\n", ") ] (", ") ] (");
}

TEST_F(SyntaxCheckTest, GivesUpWhenItTakesTooLong) {
  const CompletionRequest request = RequestAt("a.py", "x = 1\n¦\n");
  const auto syntax =
      CursorSyntax::Of(request.syntax, request.before, request.after, kLimit);
  ASSERT_TRUE(syntax.has_value());
  grammars::CheckBudget budget{.steps = 1};
  EXPECT_EQ(FitSyntax(*syntax, "= = (", &budget), "= = (");
  EXPECT_TRUE(budget.Spent());
}

TEST_F(SyntaxCheckTest, CountsErrorsOfTheWholeFileOnlyWhereTheyGrow) {
  // The error above is not the completion's.
  Check("a.cc", "int x = = 1;\n\nint f(int a) {\n  ¦\n}\n", "return a;",
        "return a;");
}

}  // namespace
}  // namespace krait::daemon
