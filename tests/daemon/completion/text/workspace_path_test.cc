// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/workspace_path.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace krait::completion {
namespace {

namespace fs = std::filesystem;

TEST(WorkspacePathTest, IsRelativeToTheDeepestRoot) {
  const std::vector<fs::path> roots = {"/w", "/w/app/", "/other"};
  EXPECT_EQ(WorkspacePath("/w/app/src/a.py", roots, {}), "src/a.py");
  EXPECT_EQ(WorkspacePath("/w/b.py", roots, {}), "b.py");
  EXPECT_EQ(WorkspacePath("/w/app/../lib/c.py", roots, {}), "lib/c.py");
}

TEST(WorkspacePathTest, ARootIsNoPrefixOfAName) {
  const std::vector<fs::path> roots = {"/nowhere/app"};
  EXPECT_EQ(WorkspacePath("/nowhere/application/a.py", roots, {}), "a.py");
}

TEST(WorkspacePathTest, FallsBackToTheRepository) {
  const fs::path dir = fs::path(testing::TempDir()) / "krait_workspace_path";
  fs::create_directories(dir / ".git");
  fs::create_directories(dir / "src/deep");
  const fs::path file = dir / "src/deep/a.py";
  EXPECT_EQ(RepositoryRoot(file), dir);
  EXPECT_EQ(WorkspacePath(file, {}, dir), "src/deep/a.py");
  EXPECT_EQ(WorkspacePath(file, std::vector<fs::path>{dir / "src"}, dir),
            "deep/a.py");
  fs::remove_all(dir);
}

}  // namespace
}  // namespace krait::completion
