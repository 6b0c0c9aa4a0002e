// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/shown/post_process.h"

#include <gtest/gtest.h>

namespace krait::completion {
namespace {

void ExpectShown(std::string_view before, std::string_view text,
                 std::string_view after, std::string_view shown) {
  const PostProcessed result = PostProcess(text, before, after);
  EXPECT_EQ(result.text, shown) << before << "|" << text << "|" << after;
  EXPECT_EQ(result.suppressed_by.empty(), !shown.empty());
}

TEST(PostProcessTest, LeavesAloneWhatFits) {
  ExpectShown("x = ", "foo(1)", "\n", "foo(1)");
  ExpectShown("print(", "foo(a)", ")\n", "foo(a)");
}

TEST(PostProcessTest, CutsTheRestOfTheLine) {
  ExpectShown("x = ", "foo(bar)", "bar)\n", "foo(");
  ExpectShown("if ", "x and y: ", "y:\n", "x and ");
  ExpectShown("foo(a, ", "b, last)", "last)\n", "b, ");
}

TEST(PostProcessTest, CutsTheRestOfTheLineWhateverItsBlanks) {
  ExpectShown("x = ", "foo(a,b)", "a, b)\n", "foo(");
  ExpectShown("x = ", "foo(a , b )", "a, b)  \n", "foo(");
}

TEST(PostProcessTest, IsNotGluedToTheWordBehind) {
  ExpectShown("return ", "get(width, height", "th * height\n", "get(width, ");
  ExpectShown("namer = ", "namer", "_Sequence()\n", "");
  ExpectShown("f(", "a, b", "b)\n", "a, ");
  EXPECT_EQ(PostProcess("namer", "x = ", "_Sequence()").suppressed_by,
            "would run into the word behind the cursor");
}

TEST(PostProcessTest, CutsBracketsThatAreThere) {
  ExpectShown("print(", "a, b)", ")\n", "a, b");
  ExpectShown("print(", "a, b);", ")\n", "a, b");
  ExpectShown("x[", "i]", "]\n", "i");
  ExpectShown("f(g(", "x)", "))\n", "x");
  // A bracket in a string closes nothing.
  ExpectShown("f(", "\")\"", ")\n", "\")\"");
}

TEST(PostProcessTest, CutsTheQuoteThatIsThere) {
  ExpectShown("x = \"", "abc\"", "\"\n", "abc");
  ExpectShown("f(", "\"abc\"", ", \"d\")\n", "\"abc\"");
}

TEST(PostProcessTest, CutsASemicolonThatIsThere) {
  ExpectShown("x = ", "1;", ";\n", "1");
}

TEST(PostProcessTest, CutsLinesOfTheSuffix) {
  ExpectShown("def f():\n    ", "a = 1\n    return a", "\n    return a\n",
              "a = 1");
}

TEST(PostProcessTest, CutsLinesOfTheSuffixWhateverTheirIndentation) {
  ExpectShown("def f():\n    ", "a = 1\n\n  return a", "\n    return a\n",
              "a = 1");
  ExpectShown("def f():\n    ", "a = 1\n    b = 2\n    return a",
              "\n\n    return a\n    c\n", "a = 1\n    b = 2");
  // The beginning of a line that follows is no repeated line.
  ExpectShown("def f():\n    ", "a = 1\n  ret", "\n    return a\n",
              "a = 1\n  ret");
}

TEST(PostProcessTest, TrimsBlanksAtTheEnd) {
  ExpectShown("x =", " 1  \n\n", "\n", " 1");
  ExpectShown("f(a, ", "b, ", "c)\n", "b, ");
}

TEST(PostProcessTest, NeverShowsHalfACharacter) {
  ExpectShown("# ", "abc\xE2\x82", "\n", "abc");
  ExpectShown("# ", "\xE2\x82", "\n", "");
  ExpectShown("# ",
              "ab\xFF"
              "cd",
              "\n", "ab");
}

TEST(PostProcessTest, SaysWhyNothingIsShown) {
  EXPECT_EQ(PostProcess("", "a", "b").suppressed_by,
            "the model had nothing to add");
  EXPECT_EQ(PostProcess(" \n ", "a", "b").suppressed_by, "only blanks");
  EXPECT_EQ(PostProcess("bar)", "foo(", "bar)\n").suppressed_by,
            "repeats what follows the cursor");
}

}  // namespace
}  // namespace krait::completion
