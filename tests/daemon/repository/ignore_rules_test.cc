// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/ignore_rules.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace krait::repository {
namespace {

bool Matches(std::string_view pattern, std::string_view path,
             bool is_folder = false) {
  const auto parsed = IgnorePattern::Parse(pattern);
  return parsed && parsed->Matches(path, is_folder);
}

// The examples of gitignore(5), and what `git check-ignore` says of others.
TEST(IgnorePatternTest, MatchesAsGitDoes) {
  struct Case {
    std::string_view pattern;
    std::string_view path;
    bool matches;
  };
  const std::vector<Case> cases = {
      {"foo.o", "foo.o", true},
      {"foo.o", "src/foo.o", true},
      {"*.o", "src/deep/a.o", true},
      {"*.o", "a.ob", false},
      {"/foo.o", "foo.o", true},
      {"/foo.o", "src/foo.o", false},
      {"doc/frotz", "doc/frotz", true},
      {"doc/frotz", "a/doc/frotz", false},
      {"**/foo", "foo", true},
      {"**/foo", "a/b/foo", true},
      {"**/foo/bar", "a/foo/bar", true},
      {"**/foo/bar", "foo/bar", true},
      {"**/foo/bar", "afoo/bar", false},
      {"abc/**", "abc/x", true},
      {"abc/**", "abc/x/y", true},
      {"abc/**", "abc", false},
      {"a/**/b", "a/b", true},
      {"a/**/b", "a/x/b", true},
      {"a/**/b", "a/x/y/b", true},
      {"a/**/b", "axb", false},
      {"a/**/b", "a/xb", false},
      {"foo/*", "foo/test.json", true},
      {"foo/*", "foo/bar/hello.c", false},
      {"a?c", "abc", true},
      {"a?c", "a/c", false},
      {"[a-c]x", "bx", true},
      {"[!a-c]x", "bx", false},
      {"[!a-c]x", "dx", true},
      {"[]]x", "]x", true},
      {"[[:digit:]]", "7", true},
      {"[[:digit:]]", "x", false},
      {"a[/]b", "a/b", false},
      {"[ab", "[ab", true},
      {"a\\*", "a*", true},
      {"a\\*", "ab", false},
      {"\\#x", "#x", true},
      {"\\!x", "!x", true},
      {"#x", "#x", false},
      {"x ", "x", true},
      {"x\\ ", "x ", true},
      {"foo**bar", "fooxbar", true},
      {"foo**bar", "foo/bar", false},
      {"**", "a/b", true},
      {"", "", false},
      {"/", "a", false},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(Matches(one.pattern, one.path), one.matches)
        << one.pattern << " and " << one.path;
  }
}

TEST(IgnorePatternTest, ASlashAtTheEndMeansFolders) {
  EXPECT_TRUE(Matches("build/", "a/build", true));
  EXPECT_FALSE(Matches("build/", "a/build", false));
  EXPECT_FALSE(Matches("/build/", "a/build", true));
}

// A pattern that would take for ever to match by trying all there is.
TEST(IgnorePatternTest, AHostilePatternTakesNoTime) {
  std::string pattern;
  for (size_t i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(Matches(pattern + "b", std::string(1000, 'a')));
  EXPECT_FALSE(Matches(std::string(IgnorePattern::kMaxBytes + 1, 'x'), "x"));
}

class IgnoreRulesTest : public testing::Test {
 protected:
  // Without lists of the user's or the repository's own.
  IgnoreRulesTest() : rules_("/nowhere") {}
  bool Ignored(std::string_view path, bool is_folder = false) const {
    return !rules_.WhyIgnored(path, is_folder).empty();
  }
  IgnoreRules rules_;
};

TEST_F(IgnoreRulesTest, TheLastLineThatMatchesDecides) {
  rules_.Enter("", "*.log\n!keep.log\n/only\r\n");
  EXPECT_TRUE(Ignored("a/x.log"));
  EXPECT_FALSE(Ignored("a/keep.log"));
  EXPECT_TRUE(Ignored("only"));
  EXPECT_FALSE(Ignored("a/only"));
}

TEST_F(IgnoreRulesTest, TheInnermostFileThatSaysSomethingDecides) {
  rules_.Enter("", "*.txt\n");
  rules_.Enter("sub", "!a.txt\n/b.md\n");
  EXPECT_FALSE(Ignored("sub/a.txt"));
  EXPECT_TRUE(Ignored("sub/c.txt"));
  EXPECT_TRUE(Ignored("sub/b.md"));
  rules_.Leave();
  EXPECT_TRUE(Ignored("other/a.txt"));
}

TEST_F(IgnoreRulesTest, SaysWhichLine) {
  rules_.Enter("", "x\n*.tmp\n");
  EXPECT_EQ(rules_.WhyIgnored("a.tmp", false), "*.tmp");
}

}  // namespace
}  // namespace krait::repository
