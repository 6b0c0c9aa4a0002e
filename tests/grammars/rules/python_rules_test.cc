// SPDX-License-Identifier: Apache-2.0
#include "grammars/rules/python_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace krait::grammars {
namespace {

size_t CountBroken(std::string_view text) {
  return FindBrokenPython(text, /*goes_on=*/false).size();
}

TEST(PythonRulesTest, TakesWhatTheLanguageTakes) {
  for (const std::string_view text : {
           "",
           "x = 1; y = 2;\n",
           "import os, a.b as c\nfrom . import x\nfrom ..a import (b, c,)\n",
           "from a import *\n",
           "@f(1)\nclass A[T](B, metaclass=C):\n    x: int = 1\n    (y): str\n",
           "async def f(a, /, b=1, *c, d, e=2, **k) -> int:\n    await a\n",
           "def f(*, a): return a\ndef g(a, b: int = 1, *args: *T): pass\n",
           "if x:\n    pass\nelif y: pass\nelse:\n    pass\n",
           "for a, *b in c, d:\n    break\nelse:\n    pass\n",
           "for x[0], y.z in w: continue\n",
           "while (x := f()): pass\nelse: pass\n",
           "try:\n    f()\nexcept* (A, B) as e:\n    raise X from e\nelse:\n  "
           "  pass\nfinally:\n    pass\n",
           "try: f()\nfinally: pass\n",
           "with a as b, c(d) as (e, f): pass\n",
           "with (a as b, c as d,): pass\nwith (a): pass\nwith (a).b as c: "
           "pass\n",
           "match x, y:\n    case [1, *_] if z: pass\n    case A(b=1) | None:\n"
           "        pass\n",
           "match = case = 1\nmatch[0]\nprint(match)\ncase: int = 2\n",
           "type X[T] = list[T]\ntype = 1\n",
           "x = yield\n",
           "def f(): x = yield a, b; yield from c\n",
           "a = b, = c\n[a, b] = *c, d = e\na[1:2, ::3, ...] += 1\n",
           "x = lambda a, *b, c=1, **d: (yield)\nf(lambda: 0, *a, b, c=1, "
           "**d)\n",
           "f(x for x in y if z if not w)\n[x async for x in y]\n{a: b for a "
           "in c}\n{*a, b}\n{**a, 'b': c}\n",
           "x = a if b else c if d else e\nx = not a in b is not c not in d\n",
           "x = -a ** -b @ c // d\nx = a < b == c != d\n",
           "x = 0x1F + 1_000 + .5e-3 + 1.j + 0o17 + 0b1 + 1e5\n",
           "x = 'a' \"b\" r'\\d' f'{a!r:>{b}} {{}} {c[\"d\"]:%H:%M} {e=}' \\\n "
           "   '''x\n'''\n",
           "x = b'a' rb'b'\n",
           "x = (  # comment\n  1,\n\n  2)\n",
           "def f():\n\tif x:\n\t\tpass\n\treturn\n",
           "if x:\n  a\n  if y:\n        b\n  c\nd\n",
           "assert x, y\ndel a, b[0], (c.d)\nglobal e, f\nraise\n",
           "class A:\n    def f(self): ...\n\n    # comment\n# outside\n    x "
           "= "
           "1\n",
           "print >>f, x\nprint(*a, sep='')\n",
       }) {
    EXPECT_EQ(CountBroken(text), 0U) << text;
  }
}

TEST(PythonRulesTest, RefusesWhatAGrammarForHalfTypedTextTakes) {
  for (const std::string_view text : {
           "a = f() = b\n",
           "a = bc = d e\n",
           "if x:import os:\n",
           "if x: if y: pass\n",
           "print x\n",
           "exec 'x'\n",
           "f(a) = 1\n",
           "f(a): int\n",
           "(a, b): int = 1\n",
           "a, b += 1\n",
           "1 = x\n",
           "None = x\n",
           "x = class\n",
           "a.class = 1\n",
           "f(a=1, b)\n",
           "f(**a, *b)\n",
           "f(x for x in y, z)\n",
           "def f(a=1, b): pass\n",
           "def f(*): pass\n",
           "def f(**a, b): pass\n",
           "def f((a, b)): pass\n",
           "lambda a: int: 1\n",
           "for f() in x: pass\n",
           "for x in y\n    pass\n",
           "x = a not b\n",
           "x = a + not b\n",
           "x = [a, b\n",
           "x = 'abc\n",
           "x = '''abc\n",
           "x = f'{a'\n",
           "x = f'{}'\n",
           "x = f'{a b}'\n",
           "x = f'a}'\n",
           "x = 'a' b'c'\n",
           "x = '\\u12'\n",
           "x = 012\n",
           "x = 1abc\n",
           "x = a ? b : c\n",
           "x++\n",
           "x = {a: 1, b}\n",
           "x := 1\n",
           "from a import\n",
           "import a.b.\n",
           "return return\n",
           "x = (yield = 1)\n",
           "  x = 1\n y = 2\n    z = 3\n",
           "x = 1\n    y = 2\n",
           "if x:\ny = 1\n",
           "if x:\n        a\n    b\n",
           "if x:\n\ta\n        b\n",
           "def f():\n",
           "else:\n    pass\n",
           "for x in y: pass\nelif z: pass\n",
           "try:\n    pass\nx = 1\n",
           "try:\n    pass\nelse:\n    pass\n",
           "if x: pass\nelse: pass\nfinally: pass\n",
           "except: pass\n",
           "@f\nx = 1\n",
           "match x:\n    y = 1\n",
           "async x\n",
       }) {
    EXPECT_GT(CountBroken(text), 0U) << text;
  }
}

TEST(PythonRulesTest, OneMistakeIsOne) {
  EXPECT_EQ(CountBroken("x = = 1\ny = 2\nz = = 3\n"), 2U);
  // An open bracket ends where a statement must begin.
  EXPECT_EQ(CountBroken("f(a,\ndef g():\n    return 1\n"), 1U);
  EXPECT_EQ(CountBroken("if x\n    a = 1\n    b = 2\n"), 1U);
}

TEST(PythonRulesTest, SaysWhere) {
  const std::string text = "a = 1\nb = = 2\n";
  const auto broken = FindBrokenPython(text, false);
  ASSERT_EQ(broken.size(), 1U);
  EXPECT_EQ(broken[0].begin_ofs, 6U);
  EXPECT_EQ(broken[0].end_ofs, text.size() - 1);
  EXPECT_FALSE(broken[0].open);
  EXPECT_TRUE(FindBrokenPython("x = (1,\n", false).at(0).open);
  EXPECT_TRUE(FindBrokenPython("try:\n    x\n", false).at(0).lacks_more);
}

TEST(PythonRulesTest, WhatMayFollowIsNotMissing) {
  EXPECT_TRUE(FindBrokenPython("x = 1\ndef f():\n", true).empty());
  EXPECT_FALSE(FindBrokenPython("if x:\ny = 1\n", true).empty());
}

TEST(PythonRulesTest, ARegionEndsWithTheNextStatement) {
  const std::string text =
      "def f():\n    x\n    y\nelse:\n    z\ndef g():\n    a\n";
  EXPECT_EQ(PythonRegionEnd(text, 10), text.find("):\n    a") + 2);
  EXPECT_EQ(PythonRegionEnd(text, text.size()), text.size());
}

TEST(PythonRulesTest, IsDoneWithDeepNesting) {
  const std::string deep(100'000, '(');
  EXPECT_GT(CountBroken("x = " + deep), 0U);
  EXPECT_GT(CountBroken("x = " + deep + std::string(100'000, ')')), 0U);
  std::string fields = "x = ";
  for (int i = 0; i < 1'000; ++i) fields += "f'{";
  (void)CountBroken(fields);
}

}  // namespace
}  // namespace krait::grammars
