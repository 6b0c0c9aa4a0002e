// SPDX-License-Identifier: Apache-2.0
// The syntax context of marked places in snippets of each language.
#include <gtest/gtest.h>

#include <iostream>
#include <ostream>
#include <string>
#include <string_view>

#include "tests/grammars/grammars_testing.h"

namespace krait::grammars {
namespace {

struct ContextCase {
  std::string_view name;
  std::string_view language;
  std::string_view marked;
  Place place;
  Spot spot;
  std::string_view enclosing;  // innermost first
};

void PrintTo(const ContextCase& test_case, std::ostream* out) {
  *out << test_case.language << ": " << test_case.marked;
}

constexpr Place kInCode = Place::kCode;
constexpr Place kInString = Place::kString;
constexpr Place kInComment = Place::kComment;
constexpr Spot kEmpty = Spot::kEmptyBlock;
constexpr Spot kStart = Spot::kStatementStart;
constexpr Spot kRest = Spot::kStatement;
constexpr Spot kBrackets = Spot::kExpression;

std::string EnclosingNames(const SyntaxContext& context) {
  std::string names;
  for (const Declaration& declaration : context.enclosing) {
    names += (names.empty() ? "" : " < ") + declaration.name;
  }
  return names;
}

class ContextTest : public testing::TestWithParam<ContextCase> {};

TEST_P(ContextTest, IsAsExpected) {
  const MarkedText marked(GetParam().marked);
  const auto tree = ParseText(GetParam().language, marked.text);
  ASSERT_TRUE(tree->HasGrammar());
  const SyntaxContext context = tree->ContextAt(marked.ofs);
  EXPECT_EQ(context.place, GetParam().place);
  EXPECT_EQ(context.spot, GetParam().spot);
  EXPECT_EQ(EnclosingNames(context), GetParam().enclosing);
  EXPECT_LE(context.block_begin_ofs, marked.ofs);
  EXPECT_GE(context.block_end_ofs, marked.ofs);
  if (testing::Test::HasFailure()) {
    std::cerr << GetParam().marked << "\n" << tree->DebugString() << "\n";
  }
}

const ContextCase kCases[] = {
    {"PythonEmptyBody", "python",
     "class A:\n    def f(self):\n        ¦\n\n    def g(self):\n        "
     "pass\n",
     kInCode, kEmpty, "f < A"},
    {"PythonAfterStatement", "python",
     "class A:\n    def f(self):\n        x = 1\n        ¦\n\ny = 2\n", kInCode,
     kStart, "f < A"},
    {"PythonDedentedToClass", "python",
     "class A:\n    def f(self):\n        x = 1\n    ¦\n\ny = 2\n", kInCode,
     kStart, "A"},
    {"PythonDedentedToModule", "python", "def f():\n    x = 1\n¦\ny = 2\n",
     kInCode, kStart, ""},
    {"PythonBodyAtEnd", "python", "def f(a):\n    ¦", kInCode, kEmpty, "f"},
    {"PythonRestOfLine", "python", "def f(a):\n    return ¦", kInCode, kRest,
     "f"},
    {"PythonEndOfLastLine", "python", "def f(a):\n    return a¦\n", kInCode,
     kRest, "f"},
    {"PythonArguments", "python", "def f(a):\n    g(a, ¦)\n", kInCode,
     kBrackets, "f"},
    {"PythonOpenArguments", "python", "x = foo(a, ¦\n", kInCode, kBrackets, ""},
    {"PythonLineInList", "python", "x = [\n    1,\n    ¦\n]\n", kInCode,
     kBrackets, ""},
    {"PythonString", "python", "x = 'a¦b'\n", kInString, kRest, ""},
    {"PythonAfterString", "python", "x = 'ab'¦\n", kInCode, kRest, ""},
    {"PythonOpenString", "python", "x = 'ab¦\n", kInString, kRest, ""},
    {"PythonInterpolation", "python", "x = f'a{b¦}'\n", kInCode, kBrackets, ""},
    {"PythonDocstring", "python",
     "def f():\n    \"\"\"Do ¦\n\n    \"\"\"\n    pass\n", kInString, kRest,
     "f"},
    {"PythonComment", "python", "x = 1  # a¦\n", kInComment, kRest, ""},
    {"PythonIfBody", "python",
     "def f(a):\n    if a:\n        ¦\n    return a\n", kInCode, kEmpty, "f"},
    {"PythonModule", "python", "import os\n\n¦\n", kInCode, kStart, ""},

    {"CEmptyBody", "c", "int f(void) {\n  ¦\n}\n", kInCode, kEmpty, "f"},
    {"CEmptyBodySameLine", "c", "int f(void) {¦}\n", kInCode, kEmpty, "f"},
    {"CStatement", "c", "int f(int a) {\n  int b = a;\n  ¦\n  return b;\n}\n",
     kInCode, kStart, "f"},
    {"CArguments", "c", "int f(int a) {\n  g(a, ¦);\n}\n", kInCode, kBrackets,
     "f"},
    {"CInitializer", "c", "int x[] = {\n  1,\n  ¦\n};\n", kInCode, kBrackets,
     ""},
    {"CRestOfReturn", "c", "int f(int a) {\n  return ¦;\n}\n", kInCode, kRest,
     "f"},
    {"CLineComment", "c", "// abc¦\nint x;\n", kInComment, kRest, ""},
    {"CAfterBlockComment", "c", "/* abc */¦ int x;\n", kInCode, kRest, ""},
    {"CInBlockComment", "c", "/* ab¦c */ int x;\n", kInComment, kRest, ""},
    {"CString", "c", "char* s = \"a¦\";\n", kInString, kRest, ""},
    {"CStruct", "c", "struct S {\n  int a;\n  ¦\n};\n", kInCode, kStart, "S"},
    {"CUnclosedBlocks", "c", "int f(int a) {\n  if (a) {\n    ¦\n", kInCode,
     kEmpty, "if (a) { < int f(int a) {"},

    {"CppMethod", "cpp",
     "namespace n {\nclass A {\n public:\n  int f() const {\n    ¦\n  "
     "}\n};\n}\n",
     kInCode, kEmpty, "f < A < n"},
    {"CppClassMember", "cpp",
     "class A {\n public:\n  A();\n  ¦\n private:\n  int a;\n};\n", kInCode,
     kStart, "A"},
    {"CppQualified", "cpp", "void A::g(int x) {\n  x++;\n  ¦\n}\n", kInCode,
     kStart, "A::g"},
    {"CppLambda", "cpp", "void f() {\n  auto l = [](int a) {\n    ¦\n  };\n}\n",
     kInCode, kEmpty, "f"},
    {"CppTemplateArguments", "cpp", "std::map<int, ¦> m;\n", kInCode, kBrackets,
     ""},
    {"CppRawString", "cpp", "auto s = R\"(a¦b)\";\n", kInString, kRest, ""},
    {"CppNamespace", "cpp", "namespace a {\n\n¦\n\nint x;\n}\n", kInCode,
     kStart, "a"},

    {"JavaScriptFunction", "javascript", "function f() {\n  ¦\n}\n", kInCode,
     kEmpty, "f"},
    {"JavaScriptArrow", "javascript", "const f = (a) => {\n  ¦\n};\n", kInCode,
     kEmpty, "f"},
    {"JavaScriptObject", "javascript", "const o = {\n  a: 1,\n  ¦\n};\n",
     kInCode, kBrackets, ""},
    {"JavaScriptMethod", "javascript",
     "class A {\n  m(x) {\n    let y = x;\n    ¦\n  }\n}\n", kInCode, kStart,
     "m < A"},
    {"JavaScriptClassBody", "javascript", "class A {\n  m() {}\n\n  ¦\n}\n",
     kInCode, kStart, "A"},
    {"JavaScriptTemplate", "javascript", "let s = `a¦b`;\n", kInString, kRest,
     ""},
    {"JavaScriptSubstitution", "javascript", "let s = `a${b¦}`;\n", kInCode,
     kBrackets, ""},
    {"JavaScriptComment", "javascript", "// a¦", kInComment, kRest, ""},
    {"JavaScriptIf", "javascript",
     "function f(a) {\n  if (a) {\n    ¦\n  }\n}\n", kInCode, kEmpty, "f"},
    {"JavaScriptElement", "javascript", "const e = <a b={¦} />;\n", kInCode,
     kBrackets, ""},

    {"TypeScriptInterface", "typescript",
     "interface A {\n  b: string;\n  ¦\n}\n", kInCode, kStart, "A"},
    {"TypeScriptMethod", "typescript",
     "export class C<T> {\n  f(a: T): void {\n    ¦\n  }\n}\n", kInCode, kEmpty,
     "f < C"},
    {"TypeScriptParameters", "typescript", "function f(a: string, ¦) {\n}\n",
     kInCode, kBrackets, "f"},
    {"TsxElement", "tsx", "function V() {\n  return <div>{x(¦)}</div>;\n}\n",
     kInCode, kBrackets, "V"},
    {"TsxComponentBody", "tsx", "export function V(): Node {\n  ¦\n}\n",
     kInCode, kEmpty, "V"},

    {"GoFunction", "go", "package a\n\nfunc (s *T) F(a int) error {\n\t¦\n}\n",
     kInCode, kEmpty, "F"},
    {"GoStatement", "go",
     "package a\n\nfunc F(a int) int {\n\tb := a\n\t¦\n\treturn b\n}\n",
     kInCode, kStart, "F"},
    {"GoStruct", "go", "package a\n\ntype T struct {\n\tA int\n\t¦\n}\n",
     kInCode, kStart, "T"},
    {"GoArguments", "go", "package a\n\nfunc F() {\n\tg(1, ¦)\n}\n", kInCode,
     kBrackets, "F"},
    {"GoRawString", "go", "package a\n\nvar s = `a¦b`\n", kInString, kRest, ""},

    {"RustFunction", "rust",
     "impl Foo for Bar {\n    fn f(&self) -> i32 {\n        ¦\n    }\n}\n",
     kInCode, kEmpty, "f < Bar"},
    {"RustStatement", "rust", "fn f() {\n    let a = 1;\n    ¦\n}\n", kInCode,
     kStart, "f"},
    {"RustImpl", "rust", "impl Bar {\n    fn f() {}\n\n    ¦\n}\n", kInCode,
     kStart, "Bar"},
    {"RustArguments", "rust", "fn f() {\n    g(1, ¦);\n}\n", kInCode, kBrackets,
     "f"},
    {"RustDocComment", "rust", "/// Does¦\nfn g() {}\n", kInComment, kRest, ""},
    {"RustAfterDocComment", "rust", "/// Does\n¦fn g() {}\n", kInCode, kStart,
     ""},

    {"JavaMethod", "java", "class X {\n  int f(int a) {\n    ¦\n  }\n}\n",
     kInCode, kEmpty, "f < X"},
    {"JavaClassBody", "java", "class X {\n  int a;\n\n  ¦\n}\n", kInCode,
     kStart, "X"},
    {"JavaUnclosed", "java",
     "class X {\n  @Override public void g() {\n    ¦\n", kInCode, kEmpty,
     "g < X"},
    {"JavaArguments", "java", "class X {\n  void f() {\n    g(1, ¦);\n  }\n}\n",
     kInCode, kBrackets, "f < X"},

    {"CSharpMethod", "csharp",
     "namespace A {\n  class X : Y {\n    int F(int a) {\n      ¦\n    }\n  "
     "}\n}\n",
     kInCode, kEmpty, "F < X < A"},
    {"CSharpInterpolation", "csharp",
     "class X {\n  string s = $\"a{b¦}\";\n}\n", kInCode, kBrackets, "X"},
    {"CSharpString", "csharp", "class X {\n  string s = \"a¦b\";\n}\n",
     kInString, kRest, "X"},
    {"CSharpMember", "csharp", "class X {\n  int P { get; set; }\n  ¦\n}\n",
     kInCode, kStart, "X"},

    {"RubyMethod", "ruby", "class A < B\n  def f(x)\n    ¦\n  end\nend\n",
     kInCode, kEmpty, "f < A"},
    {"RubyMethodWithoutParameters", "ruby",
     "module M\n  def self.f\n    ¦\n  end\nend\n", kInCode, kEmpty, "f < M"},
    {"RubyStatement", "ruby", "def f(x)\n  y = x\n  ¦\nend\n", kInCode, kStart,
     "f"},
    {"RubyBlock", "ruby", "x.each do |y|\n  ¦\nend\n", kInCode, kEmpty, ""},
    {"RubyClassBody", "ruby", "class A\n  attr_reader :a\n\n  ¦\nend\n",
     kInCode, kStart, "A"},
    {"RubyInterpolation", "ruby", "s = \"a#{b¦}\"\n", kInCode, kBrackets, ""},
    {"RubyComment", "ruby", "# a¦\n", kInComment, kRest, ""},

    {"PhpMethod", "php",
     "<?php\nclass X extends Y {\n  public function f($a) {\n    ¦\n  }\n}\n",
     kInCode, kEmpty, "f < X"},
    {"PhpStatement", "php", "<?php\nfunction g() {\n  $a = 1;\n  ¦\n}\n",
     kInCode, kStart, "g"},
    {"PhpString", "php", "<?php\n$a = \"a¦b\";\n", kInString, kRest, ""},
    {"PhpArguments", "php", "<?php\ng(1, ¦);\n", kInCode, kBrackets, ""},

    {"ShellFunction", "shell", "f() {\n  ¦\n}\n", kInCode, kEmpty, "f"},
    {"ShellIf", "shell", "if true; then\n  ¦\nfi\n", kInCode, kEmpty, ""},
    {"ShellLoop", "shell", "for i in a b; do\n  echo $i\n  ¦\ndone\n", kInCode,
     kStart, ""},
    {"ShellString", "shell", "echo \"a ¦ b\"\n", kInString, kRest, ""},
    {"ShellSubstitution", "shell", "echo \"$(foo b¦ar)\"\n", kInCode, kRest,
     ""},
    {"ShellComment", "shell", "# a¦\n", kInComment, kRest, ""},

    {"LuaFunction", "lua", "local M = {}\nfunction M.f(a)\n  ¦\nend\n", kInCode,
     kEmpty, "M.f"},
    {"LuaStatement", "lua", "local function g()\n  local a = 1\n  ¦\nend\n",
     kInCode, kStart, "g"},
    {"LuaIf", "lua", "if x then\n  ¦\nelse\n  a()\nend\n", kInCode, kEmpty, ""},
    {"LuaTable", "lua", "local t = {\n  a = 1,\n  ¦\n}\n", kInCode, kBrackets,
     ""},
    {"LuaString", "lua", "local s = \"a¦b\"\n", kInString, kRest, ""},
    {"LuaComment", "lua", "-- a¦\n", kInComment, kRest, ""},

    {"JsonValue", "json", "{\"a\": [1, ¦], \"b\": {}}", kInCode, kBrackets, ""},
    {"JsonString", "json", "{\"a¦\": 1}", kInString, kRest, ""},
};

INSTANTIATE_TEST_SUITE_P(AllLanguages, ContextTest, testing::ValuesIn(kCases),
                         [](const auto& test) {
                           return std::string(test.param.name);
                         });

// Returns the inside of the innermost block at the bar.
std::string BlockAt(std::string_view language, std::string_view marked_text) {
  const MarkedText marked(marked_text);
  const auto tree = ParseText(language, marked.text);
  const SyntaxContext context = tree->ContextAt(marked.ofs);
  return marked.text.substr(context.block_begin_ofs,
                            context.block_end_ofs - context.block_begin_ofs);
}

TEST(BlockTest, IsBetweenBraces) {
  EXPECT_EQ(BlockAt("c", "int f() { a(); ¦ b(); }\nint x;\n"), " a();  b(); ");
}

TEST(BlockTest, IsBetweenKeywords) {
  EXPECT_EQ(BlockAt("lua", "function f()\n  ¦\nend\n"), "\n  \n");
  EXPECT_EQ(BlockAt("ruby", "def f(x)\n  ¦\nend\n"), "\n  \n");
}

TEST(BlockTest, EndsWithIndentation) {
  EXPECT_EQ(BlockAt("python", "def f():\n    a = 1\n    ¦\n\nb = 2\n"),
            "a = 1\n    ");
}

TEST(BlockTest, IsTheWholeTextOutside) {
  EXPECT_EQ(BlockAt("c", "int x;\n¦int y;\n"), "int x;\nint y;\n");
}

TEST(ContextInBrokenCodeTest, SaysThatItIsAGuess) {
  const MarkedText marked("int f(int a) {\n  if (a) {\n    ¦\n");
  const auto tree = ParseText("c", marked.text);
  EXPECT_FALSE(tree->ContextAt(marked.ofs).from_grammar);
  EXPECT_TRUE(ParseText("c", "int x;\n")->ContextAt(0).from_grammar);
}

TEST(ContextIndentTest, FollowsTheFileThenTheLanguage) {
  const auto indent = [](std::string_view language, std::string text) {
    return ParseText(language, std::move(text))->ContextAt(0).indent;
  };
  EXPECT_EQ(indent("c", "int f() {\n   return 1;\n}\n"), (IndentUnit{' ', 3}));
  EXPECT_EQ(indent("c", "int f() {\n\treturn 1;\n}\n"), (IndentUnit{'\t', 1}));
  EXPECT_EQ(indent("python", ""), (IndentUnit{' ', 4}));
  EXPECT_EQ(indent("go", ""), (IndentUnit{'\t', 1}));
  EXPECT_EQ(indent("ruby", ""), (IndentUnit{' ', 2}));
}

TEST(ContextTest, CarriageReturnsChangeNothing) {
  for (const ContextCase& test_case : kCases) {
    MarkedText marked(test_case.marked);
    std::string crlf;
    size_t ofs = 0;
    for (size_t i = 0; i <= marked.text.size(); ++i) {
      if (i == marked.ofs) ofs = crlf.size();
      if (i == marked.text.size()) break;
      if (marked.text[i] == '\n') crlf += '\r';
      crlf += marked.text[i];
    }
    const auto tree = ParseText(test_case.language, crlf);
    const SyntaxContext context = tree->ContextAt(ofs);
    EXPECT_EQ(context.spot, test_case.spot) << test_case.name;
    EXPECT_EQ(context.place, test_case.place) << test_case.name;
    EXPECT_EQ(EnclosingNames(context), test_case.enclosing) << test_case.name;
  }
}

}  // namespace
}  // namespace krait::grammars
