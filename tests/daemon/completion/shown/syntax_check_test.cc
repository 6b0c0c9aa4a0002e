// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/shown/syntax_check.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/daemon/completion/syntax_testing.h"

namespace krait::completion {
namespace {

void ExpectKept(std::string_view path, std::string_view marked,
                std::string_view text, std::string_view kept,
                SyntaxCheck check = {}) {
  const CompletionRequest request = RequestAt(path, marked);
  const auto syntax =
      CursorSyntax::Of(request.syntax, request.before, request.after);
  ASSERT_TRUE(syntax.has_value());
  auto budget = grammars::CheckBudget::Unlimited();
  if (check.budget == nullptr) check.budget = &budget;
  EXPECT_EQ(FitSyntax(*syntax, text, check), kept) << marked;
}

class SyntaxCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasGrammars()) GTEST_SKIP() << "built without grammars";
  }
};

TEST_F(SyntaxCheckTest, LeavesAloneWhatIsWellFormed) {
  ExpectKept("a.py", "def f(a):\n    ¦\n", "return a", "return a");
  ExpectKept("a.cc", "int f(int a) {\n  ¦\n}\n", "return a;", "return a;");
  ExpectKept("a.ts", "const f = (a: number) => {\n  ¦\n};\n", "return a;",
             "return a;");
  ExpectKept("a.go", "package p\n\nfunc f(a int) int {\n\t¦\n}\n", "return a",
             "return a");
  ExpectKept("a.rs", "fn f(a: i32) -> i32 {\n    ¦\n}\n", "a + 1", "a + 1");
}

TEST_F(SyntaxCheckTest, CutsWhatLeavesAClosedBlock) {
  ExpectKept("a.cc", "int f(int a) {\n  ¦\n}\n", "return a; }", "return a;");
  ExpectKept("a.go", "package p\n\nfunc f() {\n\t¦\n}\n",
             "g()\n}\n\nfunc h() {}", "g()");
  ExpectKept("a.ts", "f(() => {\n  ¦\n});\n", "g();\n});", "g();");
}

TEST_F(SyntaxCheckTest, CutsToWholeLines) {
  ExpectKept("a.cc", "void f(int a) {\n  ¦\n}\n", "g(a);\nif (a) {\n  h();",
             "g(a);");
}

TEST_F(SyntaxCheckTest, KeepsABeginningOfWhatIsHalfTyped) {
  ExpectKept("a.py", "def f(a):\n    ¦\n", "for b in a:", "for b in a:");
  ExpectKept("a.py", "def f(a):\n    ¦\n", "return g(a,", "return g(a,");
  ExpectKept("a.py", "x = ¦\n", "g(a, 'b", "g(a, 'b");
  ExpectKept("a.py", "f(a,\n  ¦\n", "g(b", "g(b");
  ExpectKept("a.cc", "void f(int a) {\n  int b = ¦\n}\n", "g(a", "g(a");
  ExpectKept("a.lua", "local x = ¦\n", "f(a", "f(a");
  ExpectKept("a.json", "{\n  \"a\": ¦\n}\n", "{ \"b\": 1", "{ \"b\": 1");
}

TEST_F(SyntaxCheckTest, WhatIsWellFormedStaysSo) {
  ExpectKept("a.cc", "void f(int a) {\n  ¦\n}\n", "if (a) {", "");
  ExpectKept("a.cc", "void f(int a) {\n  g(¦);\n}\n", "a, h(b", "a, h");
  ExpectKept("a.py", "def f(a):\n    a\n    ¦\n", "for b in a:", "");
  ExpectKept("a.py", "def f(a):\n    a\n    ¦\n", "return g(a,", "return g");
  ExpectKept("a.py", "x = y¦\n", ".z(1", ".z");
  ExpectKept("a.py",
             "def f(l, s):\n    if l:\n        m = l\n    els¦e:\n        m "
             "= s\n",
             " = l - s", "");
  ExpectKept("a.py", "if self.¦ruler:\n    pass\n", "print_topics:", "");
  ExpectKept("a.py", "if x:\n    a\n¦\nelse:\n    b\n", "c = 1", "");
  ExpectKept("a.lua", "local function f(options)\n  g()\n  ¦\nend\n",
             "if (options.is_empty()) {", "");
}

TEST_F(SyntaxCheckTest, WhoAsksGetsBeginnings) {
  const SyntaxCheck asked{.beginnings = true};
  ExpectKept("a.cc", "void f(int a) {\n  ¦\n}\n", "if (a) {", "if (a) {",
             asked);
  ExpectKept("a.cc", "void f(int a) {\n  ¦\n}\n", "int b = g(a", "int b = g(a",
             asked);
  ExpectKept("a.rs", "fn f(a: i32) {\n    ¦\n}\n", "for b in 0..a {",
             "for b in 0..a {", asked);
  ExpectKept("a.lua", "local x = 1\n¦\n", "if x then", "if x then", asked);
  ExpectKept("a.py", "x = 1\n¦\n", "for b in a:", "for b in a:", asked);
  ExpectKept("a.py", "x = 1\n¦\n", "try:", "try:", asked);
  ExpectKept("a.sh", "f() {\n  g\n  ¦\n}\n", "if true; then", "if true; then",
             asked);
}

TEST_F(SyntaxCheckTest, WhatTheGrammarTakesAndTheLanguageDoesNot) {
  ExpectKept("a.py", "if ¦\n", "a\n    raise ValueError('b')", "a");
  ExpectKept("a.py",
             "import os\n\n\nclass A:\n    def f(self):\n        if "
             "self._¦\n",
             "iseven\n    raise ValueError('a')", "iseven");
  ExpectKept("a.json", "{\n  \"a\": 1,\n  \"b\": ¦\n}\n", "1,", "1");
  ExpectKept("a.json", "[\n  \"a\",\n  ¦\n]\n", "\"tsc\",", "\"tsc\"");
  const SyntaxCheck asked{.beginnings = true};
  ExpectKept("a.lua", "local function f(a)\n  ¦\nend\n", "if (a.b()) {", "",
             asked);
}

TEST_F(SyntaxCheckTest, AnErrorElsewhereIsNoExcuse) {
  ExpectKept("a.py",
             "def f(:\n    pass\n\nclass A:\n    def g(self):\n        ¦\n",
             "return self.h(", "return self.h(");
  ExpectKept("a.py",
             "def f(:\n    pass\n\nclass A:\n    def g(self):\n        a\n"
             "        ¦\n",
             "self.items.append(", "self.items.append");
  ExpectKept("a.ts", "function f( {\n}\n\nclass A {\n  g() {\n    ¦\n  }\n}\n",
             "return this.users.set(\n      user,", "return this.users.set");
  ExpectKept("a.rs", "fn f( {\n}\n\nfn g() {\n    ¦\n}\n",
             "let mut counts = Vec::new(\n  tokens,", "");
}

TEST_F(SyntaxCheckTest, TheTailIsAPartOfIt) {
  const SyntaxCheck lines{.tail = "\n    "};
  ExpectKept("a.py", "def f():\n    ¦try:\n        a\n    except: pass\n",
             "b = 1", "b = 1", lines);
  ExpectKept("a.py", "def f():\n    ¦try:\n        a\n    except: pass\n",
             "if b:", "", lines);
}

TEST_F(SyntaxCheckTest, RefusesWhatCannotStandThere) {
  ExpectKept("a.py", "def f(a):\n    ¦\n", "return = = a", "");
  ExpectKept("a.cc", "int f(int a) {\n  ¦\n}\n", "int int = = ;", "");
  ExpectKept("a.ts", "const a = 1;\n¦\n", "const = = 2;", "");
  ExpectKept("a.go", "package p\n\nfunc f() {\n\t¦\n}\n", "var := := 1", "");
}

TEST_F(SyntaxCheckTest, GivesUpWhenItTakesTooLong) {
  grammars::CheckBudget spent{.steps = 0, .cpu_time = {}};
  const SyntaxCheck hurried{.budget = &spent};
  ExpectKept("a.cc", "int x = 1;\n¦\n", "= = (", "= = (", hurried);
  ExpectKept("a.py", "x = 1\n¦\n", "= = (", "", hurried);
}

TEST_F(SyntaxCheckTest, RulesNeedNoTree) {
  const std::string_view text = "x = 1\n\ndef f():\n    if self._\n";
  const SyntaxPlace place{.tree = nullptr,
                          .language = grammars::LanguageOfPath("a.py"),
                          .text = text,
                          .ofs = text.size() - 1};
  auto budget = grammars::CheckBudget::Unlimited();
  EXPECT_EQ(
      FitSyntax(place, "iseven\n        raise A('b')", {.budget = &budget}),
      "iseven");
}

TEST_F(SyntaxCheckTest, CountsErrorsOfTheWholeFileOnlyWhereTheyGrow) {
  // The error above is not the completion's.
  ExpectKept("a.cc", "int x = = 1;\n\nint f(int a) {\n  ¦\n}\n", "return a;",
             "return a;");
}

}  // namespace
}  // namespace krait::completion
