// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/shown/post_process.h"

#include <gtest/gtest.h>

namespace krait::completion {
namespace {

void Check(std::string_view before, std::string_view text,
           std::string_view after, std::string_view shown) {
  const PostProcessed result = PostProcess(text, before, after);
  EXPECT_EQ(result.text, shown) << before << "|" << text << "|" << after;
  EXPECT_EQ(result.suppressed_by.empty(), !shown.empty());
}

TEST(PostProcessTest, LeavesAloneWhatFits) {
  Check("x = ", "foo(1)", "\n", "foo(1)");
  Check("print(", "foo(a)", ")\n", "foo(a)");
}

TEST(PostProcessTest, CutsTheRestOfTheLine) {
  Check("x = ", "foo(bar)", "bar)\n", "foo(");
  Check("if ", "x and y: ", "y:\n", "x and ");
  Check("foo(a, ", "b, last)", "last)\n", "b, ");
}

TEST(PostProcessTest, CutsTheRestOfTheLineWhateverItsBlanks) {
  Check("x = ", "foo(a,b)", "a, b)\n", "foo(");
  Check("x = ", "foo(a , b )", "a, b)  \n", "foo(");
}

TEST(PostProcessTest, IsNotGluedToTheWordBehind) {
  Check("return ", "get(width, height", "th * height\n", "get(width, ");
  Check("namer = ", "namer", "_Sequence()\n", "");
  Check("f(", "a, b", "b)\n", "a, ");
  EXPECT_EQ(PostProcess("namer", "x = ", "_Sequence()").suppressed_by,
            "would run into the word behind the cursor");
}

TEST(PostProcessTest, CutsBracketsThatAreThere) {
  Check("print(", "a, b)", ")\n", "a, b");
  Check("print(", "a, b);", ")\n", "a, b");
  Check("x[", "i]", "]\n", "i");
  Check("f(g(", "x)", "))\n", "x");
  // A bracket in a string closes nothing.
  Check("f(", "\")\"", ")\n", "\")\"");
}

TEST(PostProcessTest, CutsTheQuoteThatIsThere) {
  Check("x = \"", "abc\"", "\"\n", "abc");
  Check("f(", "\"abc\"", ", \"d\")\n", "\"abc\"");
}

TEST(PostProcessTest, CutsASemicolonThatIsThere) {
  Check("x = ", "1;", ";\n", "1");
}

TEST(PostProcessTest, CutsLinesOfTheSuffix) {
  Check("def f():\n    ", "a = 1\n    return a", "\n    return a\n", "a = 1");
}

TEST(PostProcessTest, CutsLinesOfTheSuffixWhateverTheirIndentation) {
  Check("def f():\n    ", "a = 1\n\n  return a", "\n    return a\n", "a = 1");
  Check("def f():\n    ", "a = 1\n    b = 2\n    return a",
        "\n\n    return a\n    c\n", "a = 1\n    b = 2");
  // The beginning of a line that follows is no repeated line.
  Check("def f():\n    ", "a = 1\n  ret", "\n    return a\n", "a = 1\n  ret");
}

TEST(PostProcessTest, TrimsBlanksAtTheEnd) {
  Check("x =", " 1  \n\n", "\n", " 1");
  Check("f(a, ", "b, ", "c)\n", "b, ");
}

TEST(PostProcessTest, NeverShowsHalfACharacter) {
  Check("# ", "abc\xE2\x82", "\n", "abc");
  Check("# ", "\xE2\x82", "\n", "");
  Check("# ",
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
