// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "grammars/tree_sitter/grammar.h"
#include "tests/grammars/grammars_testing.h"

namespace krait::grammars {
namespace {

using testing::ElementsAre;

std::string_view NameOf(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::kClass:
      return "class";
    case SymbolKind::kConstant:
      return "constant";
    case SymbolKind::kEnum:
      return "enum";
    case SymbolKind::kFunction:
      return "function";
    case SymbolKind::kInterface:
      return "interface";
    case SymbolKind::kMethod:
      return "method";
    case SymbolKind::kModule:
      return "module";
    case SymbolKind::kSection:
      return "section";
    case SymbolKind::kStruct:
      return "struct";
    case SymbolKind::kType:
      return "type";
    case SymbolKind::kVariable:
      return "variable";
  }
  return "?";
}

// "kind container.name" of each symbol.
std::vector<std::string> SymbolsOf(std::string_view language,
                                   std::string text) {
  const auto tree = ParseText(language, std::move(text));
  std::vector<std::string> symbols;
  for (const Symbol& symbol : tree->Symbols()) {
    symbols.push_back(std::string(NameOf(symbol.kind)) + " " +
                      symbol.container + (symbol.container.empty() ? "" : ".") +
                      symbol.name);
  }
  return symbols;
}

std::vector<std::string> ImportsOf(std::string_view language,
                                   std::string text) {
  const auto tree = ParseText(language, std::move(text));
  std::vector<std::string> modules;
  for (const Import& import : tree->Imports()) modules.push_back(import.module);
  return modules;
}

TEST(QueryTest, AllCompile) {
  size_t grammars = 0;
  for (const Language& language : Languages()) {
    const Grammar* grammar = GrammarOf(language);
    if (grammar == nullptr) continue;
    ++grammars;
    EXPECT_EQ(grammar->QueryErrors(), "") << language.name;
  }
  EXPECT_GE(grammars, 15U);
}

TEST(SymbolsTest, OfPython) {
  EXPECT_THAT(
      SymbolsOf("python",
                "X = 1\nclass A(B):\n    def f(self): pass\n"
                "@d\ndef g(): pass\n"),
      ElementsAre("variable X", "class A", "function A.f", "function g"));
}

TEST(SymbolsTest, OfC) {
  EXPECT_THAT(SymbolsOf("c",
                        "#define N 1\nstruct S { int a; };\nint f(int);\n"
                        "char* g(void) { return 0; }\nenum E { kA };\n"
                        "typedef int T;\n"),
              ElementsAre("constant N", "struct S", "function f", "function g",
                          "enum E", "type T"));
}

TEST(SymbolsTest, OfCpp) {
  EXPECT_THAT(
      SymbolsOf(
          "cpp",
          "namespace n {\nclass A {\n  int f() const;\n  void g() {}\n};\n"
          "int A::f() const { return 1; }\nusing T = int;\n}\n"),
      ElementsAre("module n", "class n.A", "method A.f", "function A.g",
                  "function A.f", "type n.T"));
}

TEST(SymbolsTest, AFunctionsNameIsItsOwnWhateverStandsBeforeIt) {
  EXPECT_THAT(
      SymbolsOf("cpp",
                "API std::map<int, B> a::C<T>::f(int x) { return {}; }\n"
                "a::C::~C() {}\n"
                "bool a::C::operator==(const C& c) { return true; }\n"
                "a::C::operator bool() const { return true; }\n"
                "API const char *g() { return 0; }\n"),
      ElementsAre("function C.f", "function C.~C", "function C.operator==",
                  "function C.operator bool() const", "function g"));
  EXPECT_THAT(SymbolsOf("lua", "function a.B:f() end\nfunction a.g() end\n"),
              ElementsAre("method B.f", "function a.g"));
}

TEST(SymbolsTest, OfJavaScriptAndTypeScript) {
  const std::string common =
      "function f() {}\nclass A { m() {} }\nconst g = (x) => 1;\nlet v = 2;\n";
  const auto expected = ElementsAre("function f", "class A", "method A.m",
                                    "function g", "variable v");
  for (const std::string_view language : {"javascript", "typescript", "tsx"}) {
    EXPECT_THAT(SymbolsOf(language, common), expected) << language;
  }
  EXPECT_THAT(SymbolsOf("typescript",
                        "export interface I { f(): void }\n"
                        "type T = number;\nenum E { A }\n"),
              ElementsAre("interface I", "method I.f", "type T", "enum E"));
}

TEST(SymbolsTest, OfGo) {
  EXPECT_THAT(
      SymbolsOf("go",
                "package a\n\ntype S struct{ A int }\ntype I interface{ F() }\n"
                "type T int\nfunc (s *S) M() {}\nfunc (l List[T]) N() {}\n"
                "func (S) O() {}\nfunc F() {}\nconst C = 1\n"),
      ElementsAre("struct S", "interface I", "type T", "method S.M",
                  "method List.N", "method S.O", "function F", "constant C"));
}

TEST(SymbolsTest, OfRust) {
  EXPECT_THAT(SymbolsOf("rust",
                        "struct S;\nenum E { A }\ntrait T { fn f(&self); }\n"
                        "impl T for S { fn f(&self) {} }\nmod m {}\n"),
              ElementsAre("struct S", "enum E", "interface T", "function T.f",
                          "class S", "function S.f", "module m"));
}

TEST(SymbolsTest, OfJavaAndCSharp) {
  EXPECT_THAT(
      SymbolsOf(
          "java",
          "interface I { void f(); }\nclass A {\n  A() {}\n  int x;\n}\n"),
      ElementsAre("interface I", "method I.f", "class A", "method A.A",
                  "variable A.x"));
  EXPECT_THAT(
      SymbolsOf("csharp",
                "namespace N { class A { int P { get; } void F() {} } }"),
      ElementsAre("module N", "class N.A", "variable A.P", "method A.F"));
}

TEST(SymbolsTest, OfRubyAndPhp) {
  EXPECT_THAT(
      SymbolsOf("ruby",
                "module M\n  class A\n    def f; end\n  end\nend\nX = 1\n"),
      ElementsAre("module M", "class M.A", "method A.f", "constant X"));
  EXPECT_THAT(
      SymbolsOf("php", "<?php\nclass A { function f() {} }\nfunction g() {}\n"),
      ElementsAre("class A", "method A.f", "function g"));
}

TEST(SymbolsTest, OfShellLuaAndJson) {
  EXPECT_THAT(SymbolsOf("shell", "A=1\nf() { :; }\n"),
              ElementsAre("variable A", "function f"));
  EXPECT_THAT(SymbolsOf("lua",
                        "local M = {}\nfunction M.f() end\nfunction M:g() end\n"
                        "local function h() end\nM.i = function() end\n"),
              ElementsAre("variable M", "function M.f", "method M.g",
                          "function h", "function M.i"));
  EXPECT_THAT(SymbolsOf("json", "{\"a\": {\"b\": 1}}"),
              ElementsAre("variable a"));
}

TEST(SymbolsTest, SignatureIsAllButTheBody) {
  const auto tree =
      ParseText("python", "def f(a,\n      b) -> int:\n    return 1\n");
  ASSERT_EQ(tree->Symbols().size(), 1U);
  const Symbol symbol = tree->Symbols()[0];
  EXPECT_EQ(symbol.signature, "def f(a, b) -> int:");
  EXPECT_EQ(tree->text().substr(symbol.name_ofs, 1), "f");
  EXPECT_EQ(symbol.end_ofs, tree->text().size() - 1);
}

TEST(ImportsTest, AreFoundInEachLanguage) {
  EXPECT_THAT(ImportsOf("python", "import a.b, c as d\nfrom .e import f\n"),
              ElementsAre("a.b", "c", ".e"));
  EXPECT_THAT(ImportsOf("c", "#include <a.h>\n#include \"b/c.h\"\n"),
              ElementsAre("a.h", "b/c.h"));
  EXPECT_THAT(ImportsOf("cpp", "#include <a>\nusing std::string;\n"),
              ElementsAre("a", "std::string"));
  EXPECT_THAT(ImportsOf("javascript",
                        "import a from 'b';\nconst c = require('d');\n"
                        "const e = other('f');\n"),
              ElementsAre("b", "d"));
  EXPECT_THAT(ImportsOf("typescript", "import {a} from \"./b\";\n"),
              ElementsAre("./b"));
  EXPECT_THAT(
      ImportsOf("go", "package a\n\nimport (\n\t\"b/c\"\n\td \"e\"\n)\n"),
      ElementsAre("b/c", "e"));
  EXPECT_THAT(ImportsOf("rust", "use a::b::{c, d};\n"),
              ElementsAre("a::b::{c, d}"));
  EXPECT_THAT(ImportsOf("java", "import a.b.C;\n"), ElementsAre("a.b.C"));
  EXPECT_THAT(ImportsOf("csharp", "using A.B;\n"), ElementsAre("A.B"));
  EXPECT_THAT(ImportsOf("ruby", "require 'a'\nputs 'b'\n"), ElementsAre("a"));
  EXPECT_THAT(ImportsOf("php", "<?php\nuse A\\B;\nrequire 'c.php';\n"),
              ElementsAre("A\\B", "c.php"));
  EXPECT_THAT(ImportsOf("shell", "source ./a.sh\n. b.sh\necho c\n"),
              ElementsAre("./a.sh", "b.sh"));
  EXPECT_THAT(ImportsOf("lua", "local a = require(\"b.c\")\nprint(\"d\")\n"),
              ElementsAre("b.c"));
}

}  // namespace
}  // namespace krait::grammars
