// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/indentation.h"

#include <gtest/gtest.h>

namespace krait::completion {
namespace {

constexpr grammars::IndentUnit kTabs{.character = '\t', .width = 1};
constexpr grammars::IndentUnit kFour{.character = ' ', .width = 4};
constexpr grammars::IndentUnit kTwo{.character = ' ', .width = 2};

TEST(IndentationTest, TabFilesGetTabs) {
  EXPECT_EQ(FitIndentation("if x {\n        y()\n    }", "\t", kTabs),
            "if x {\n\t\ty()\n\t}");
  EXPECT_EQ(FitIndentation("{\n  y()\n}", "x = ", kTabs), "{\n\ty()\n}");
  EXPECT_EQ(FitIndentation("    return x", "f:\n", kTabs), "\treturn x");
}

TEST(IndentationTest, TabFilesKeepAlignment) {
  EXPECT_EQ(FitIndentation("f(a,\n\t  b)", "\t", kTabs), "f(a,\n\t  b)");
}

TEST(IndentationTest, SpaceFilesGetSpaces) {
  EXPECT_EQ(FitIndentation("if x:\n\t\ty()", "    ", kFour),
            "if x:\n        y()");
  EXPECT_EQ(FitIndentation("{\n\ty();\n}", "x ", kTwo), "{\n  y();\n}");
}

TEST(IndentationTest, BlanksBehindTextAreNoIndentation) {
  EXPECT_EQ(FitIndentation("\t1", "    x =", kFour), "\t1");
  EXPECT_EQ(FitIndentation(" 1", "\tx =", kTabs), " 1");
}

TEST(IndentationTest, DropsBlanksThatTheCursorHasAlready) {
  EXPECT_EQ(FitIndentation(" return x", "func f() {\n\t", kTabs), "return x");
  EXPECT_EQ(FitIndentation("    return x", "def f():\n    ", kFour),
            "return x");
  EXPECT_EQ(FitIndentation("    y()", "    if x:\n    ", kFour), "    y()");
  EXPECT_EQ(FitIndentation("  y()", "  z()\n", kTwo), "  y()");
}

TEST(IndentationTest, ADedentedCursorIsWhereTheUserWantsIt) {
  EXPECT_EQ(FitIndentation("    if self.b:", "        return a\n    ", kFour),
            "if self.b:");
  EXPECT_EQ(FitIndentation("\ty()", "\t\tx()\n\t", kTabs), "y()");
}

TEST(IndentationTest, NothingIsIndentedAtAFilesStart) {
  EXPECT_EQ(FitIndentation("        self.f(", "", kFour), "self.f(");
  EXPECT_EQ(FitIndentation("    x", "\n\n", kFour), "x");
  EXPECT_EQ(FitIndentation("    x", "import os\n", kFour), "x");
  EXPECT_EQ(FitIndentation("        x", "def f():\n", kFour), "    x");
  EXPECT_EQ(FitIndentation("   x", "def f():\n    y\n", kFour), "x");
}

TEST(IndentationTest, ABlockIsWhereItsFirstLineIs) {
  EXPECT_EQ(FitIndentation("if a.ok() {\n            return;\n        }",
                           "fn f() {\n    ", kFour),
            "if a.ok() {\n        return;\n    }");
  EXPECT_EQ(FitIndentation("if a:\n            b\n            c",
                           "def f():\n    ", kFour),
            "if a:\n        b\n        c");
  EXPECT_EQ(FitIndentation("if a then\n      b()\n    end", "f {\n  ", kTwo),
            "if a then\n      b()\n    end");
  EXPECT_EQ(FitIndentation("{\n    a();\n    if (b) {\n        c();\n    }\n}",
                           "f ", kTwo),
            "{\n  a();\n  if (b) {\n    c();\n  }\n}");
  EXPECT_EQ(FitIndentation("f(a,\n            b)", "    ", kFour),
            "f(a,\n            b)");
}

TEST(IndentationTest, LeavesTheFilesOwnWayAlone) {
  EXPECT_EQ(FitIndentation("a\n\tb\n\n\tc", "\t", kTabs), "a\n\tb\n\n\tc");
  EXPECT_EQ(FitIndentation("a\n   b", "    ", kFour), "a\n   b");
  EXPECT_EQ(FitIndentation("", "", kFour), "");
}

TEST(IndentationTest, TheUnitIsThatOfTheTextAround) {
  EXPECT_EQ(IndentUnitAround("if x {\n\ty()\n}\n", ""), kTabs);
  EXPECT_EQ(IndentUnitAround("", "if x:\n  y()\n"), kTwo);
  EXPECT_EQ(IndentUnitAround("func f() {\n\t", "\n}\n"), kTabs);
  EXPECT_EQ(IndentUnitAround("f {\n  ", "\n}\n"), kTwo);
  EXPECT_EQ(IndentUnitAround("x\n", "y\n"), std::nullopt);
}

TEST(IndentColumnsTest, TabsGoToMultiplesOfFour) {
  EXPECT_EQ(IndentColumns("\t x"), 5U);
  EXPECT_EQ(IndentColumns("  \tx"), 4U);
  EXPECT_EQ(IndentColumns(""), 0U);
}

}  // namespace
}  // namespace krait::completion
