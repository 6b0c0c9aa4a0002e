// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/rules/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace krait::completion {
namespace {

using testing::ElementsAre;

TEST(GlobTest, AGlobMatchesThePathOrItsEnd) {
  EXPECT_TRUE(MatchesGlob("a.py", "a.py"));
  EXPECT_TRUE(MatchesGlob("a.py", "src/a.py"));
  EXPECT_FALSE(MatchesGlob("a.py", "src/aa.py"));
  EXPECT_TRUE(MatchesGlob("src/a.py", "lib/src/a.py"));
  EXPECT_FALSE(MatchesGlob("src", "src/a.py"));
  EXPECT_TRUE(MatchesGlob("*.env", ".env"));
  EXPECT_TRUE(MatchesGlob("*.env", "config/prod.env"));
  EXPECT_FALSE(MatchesGlob("*.env", "prod.envy"));
  EXPECT_TRUE(MatchesGlob("?.py", "src/a.py"));
  EXPECT_FALSE(MatchesGlob("?.py", "src/.py"));
  EXPECT_FALSE(MatchesGlob("src?a.py", "src/a.py"));
  EXPECT_FALSE(MatchesGlob("", "a"));
  EXPECT_TRUE(MatchesGlob("", ""));
}

TEST(GlobTest, OnlyTwoStarsCrossFolders) {
  EXPECT_FALSE(MatchesGlob("secrets/*", "secrets/deep/key"));
  EXPECT_TRUE(MatchesGlob("secrets/**", "secrets/deep/key"));
  EXPECT_TRUE(MatchesGlob("secrets/**/key", "secrets/very/deep/key"));
  EXPECT_TRUE(MatchesGlob("secrets/**/key", "secrets/key"));
  EXPECT_FALSE(MatchesGlob("secrets/**/key", "secrets/monkey"));
  EXPECT_TRUE(MatchesGlob("**/key", "key"));
  EXPECT_TRUE(MatchesGlob("**", "any/thing"));
  EXPECT_TRUE(MatchesGlob("s**y", "src/a.py"));
}

TEST(GlobTest, ManyStarsTakeLinearTime) {
  std::string glob;
  for (int i = 0; i < 100; ++i) glob += "a*";
  EXPECT_FALSE(MatchesGlob(glob + "b", std::string(1000, 'a')));
}

TEST(GlobTest, BracesAreSeveralGlobs) {
  EXPECT_THAT(*ExpandBraces("a", 9), ElementsAre("a"));
  EXPECT_THAT(*ExpandBraces("*.{env,pem}", 9), ElementsAre("*.env", "*.pem"));
  EXPECT_THAT(*ExpandBraces("{a,b{1,2}}/{c,}", 9),
              ElementsAre("a/c", "a/", "b1/c", "b1/", "b2/c", "b2/"));
  EXPECT_EQ(ExpandBraces("{a,b", 9), std::nullopt);
  EXPECT_EQ(ExpandBraces("a}", 9), std::nullopt);
}

TEST(GlobTest, BracesAreBounded) {
  std::string glob;
  for (int i = 0; i < 40; ++i) glob += "{a,b}";
  EXPECT_EQ(ExpandBraces(glob, 64), std::nullopt);
}

}  // namespace
}  // namespace krait::completion
