// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/brackets.h"

#include <gtest/gtest.h>

namespace krait::completion {
namespace {

TEST(BracketsTest, NamesWhatIsOpenAndWhatClosesIt) {
  EXPECT_EQ(FindBrackets("f(a[{", "//").open, "([{");
  EXPECT_EQ(FindBrackets("f(a[{", "//").Closers(), "}])");
  EXPECT_TRUE(FindBrackets("f(a[1]) {}", "//").Balanced());
}

TEST(BracketsTest, FindsTheBracketThatLeaves) {
  EXPECT_EQ(FindBrackets("a, b);", "//").leaving_ofs, 4U);
  EXPECT_EQ(FindBrackets("f(a)\n}\n", "//").leaving_ofs, 5U);
  EXPECT_EQ(FindBrackets("f(a]", "//").leaving_ofs, 3U);
  EXPECT_EQ(FindBrackets("", "//").leaving_ofs, std::nullopt);
}

TEST(BracketsTest, PassesStringsAndComments) {
  EXPECT_TRUE(FindBrackets("x = \"(\\\"[\"", "//").Balanced());
  EXPECT_TRUE(FindBrackets("x = 1  // (a\ny = 2", "//").Balanced());
  EXPECT_TRUE(FindBrackets("x = 1  # )", "#").Balanced());
  EXPECT_TRUE(FindBrackets("echo \"$#\" ${#x}", "#").Balanced());
  EXPECT_EQ(FindBrackets("# (\n)", "#").leaving_ofs, 4U);
}

TEST(BracketsTest, AnApostropheIsNoString) {
  EXPECT_EQ(FindBrackets("fn f<'a>(x: &'a str", "//").open, "(");
  EXPECT_EQ(FindBrackets("don't (", "").open, "(");
  EXPECT_TRUE(FindBrackets("\"\\", "").Balanced());
}

}  // namespace
}  // namespace krait::completion
