// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/ignored_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/daemon/repository/repository_testing.h"

namespace krait::repository {
namespace {

class IgnoredFileTest : public RepositoryTest {
 protected:
  bool Ignored(const std::string& path) const {
    return IsIgnored(root_ / path);
  }
};

TEST_F(IgnoredFileTest, AsksTheListsOnTheWayDown) {
  Write(".gitignore", "*.log\nbuild/\n/local\n");
  Write("src/.gitignore", "generated.c\n!kept.log\n");
  EXPECT_FALSE(Ignored("src/main.c"));
  EXPECT_TRUE(Ignored("a.log"));
  EXPECT_TRUE(Ignored("src/deep/a.log"));
  EXPECT_FALSE(Ignored("src/kept.log"));
  EXPECT_TRUE(Ignored("src/generated.c"));
  EXPECT_FALSE(Ignored("generated.c"));
  EXPECT_TRUE(Ignored("src/build/a.c")) << "a folder above it";
  EXPECT_TRUE(Ignored("local"));
  EXPECT_FALSE(Ignored("src/local"));
}

TEST_F(IgnoredFileTest, ReadsTheRepositorysOwnExcludes) {
  Write(".git/info/exclude", "notes.md\n");
  EXPECT_TRUE(Ignored("notes.md"));
  EXPECT_FALSE(Ignored("other.md"));
}

TEST_F(IgnoredFileTest, WhatCannotBeReadLeavesOutAll) {
  std::filesystem::create_directories(root_ / "odd/.gitignore");
  EXPECT_TRUE(Ignored("odd/a.c"));
  EXPECT_FALSE(Ignored("even/a.c"));
  Write("long/.gitignore", std::string((size_t{1} << 20) + 1, '\n'));
  EXPECT_TRUE(Ignored("long/a.c"));
}

TEST_F(IgnoredFileTest, OutsideOfARepositoryThereAreNoRules) {
  EXPECT_FALSE(IsIgnored(folder_ / "a.log"));
  EXPECT_FALSE(IsIgnored("a.log"));
}

}  // namespace
}  // namespace krait::repository
