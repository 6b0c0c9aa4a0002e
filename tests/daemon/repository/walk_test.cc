// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/walk.h"

#include <sys/stat.h>

#include <string>
#include <vector>

#include "tests/daemon/repository/repository_testing.h"

namespace krait::repository {
namespace {

class WalkTest : public RepositoryTest {
 protected:
  std::vector<std::string> Walked(WalkOptions limits = {}) const {
    std::vector<std::string> paths;
    const auto walked =
        Walk(root_, FileChoice(), limits, [&](const FoundFile& file) {
          paths.push_back(file.path);
          return true;
        });
    EXPECT_TRUE(walked);
    return paths;
  }
  LeftOut Why(const std::string& path) const {
    const auto verdict = Explain(root_, path, FileChoice());
    EXPECT_TRUE(verdict) << path;
    return verdict ? verdict->left_out : LeftOut::kUnreadable;
  }
};

using Strings = std::vector<std::string>;

TEST_F(WalkTest, TakesWhatPeopleWrote) {
  Write("src/a.cc", "int a;\n");
  Write("src/sub/b.py", "b = 1\n");
  Write("README.md", "# Read\n");
  Write(".github/workflows/ci.yml", "on: push\n");
  Write(".gitignore", "build/\n*.log\n");
  Write("build/c.cc", "int c;\n");
  Write("x.log", "x\n");
  Write("src/.gitignore", "sub\n");
  Write("node_modules/lib/index.js", "x\n");
  Write(".venv/lib.py", "x\n");
  Write("package-lock.json", "{}\n");
  Write("picture.png", "x\n");
  Write(".env", "PASSWORD=x\n");
  Write("nested/.git/HEAD", "x\n");
  Write("nested/n.cc", "int n;\n");
  EXPECT_EQ(Walked(), (Strings{".github/workflows/ci.yml", ".gitignore",
                               "README.md", "src/.gitignore", "src/a.cc"}));
  EXPECT_EQ(Why("build/c.cc"), LeftOut::kIgnored);
  EXPECT_EQ(Why("src/sub/b.py"), LeftOut::kIgnored);
  EXPECT_EQ(Why("node_modules/lib/index.js"), LeftOut::kVendored);
  EXPECT_EQ(Why(".venv/lib.py"), LeftOut::kHidden);
  EXPECT_EQ(Why("package-lock.json"), LeftOut::kGenerated);
  EXPECT_EQ(Why("picture.png"), LeftOut::kBinary);
  EXPECT_EQ(Why(".env"), LeftOut::kSecret);
  EXPECT_EQ(Why("nested/n.cc"), LeftOut::kNested);
  EXPECT_EQ(Why("src/a.cc"), LeftOut::kNot);
  EXPECT_FALSE(Explain(root_, "missing.cc", FileChoice()));
}

TEST_F(WalkTest, FollowsNoLinksAndWaitsForNoPipes) {
  Write("a.cc", "int a;\n");
  std::filesystem::create_symlink("/etc", root_ / "etc");
  std::filesystem::create_symlink(root_, root_ / "loop");
  std::filesystem::create_symlink(root_ / "a.cc", root_ / "b.cc");
  ASSERT_EQ(mkfifo((root_ / "pipe.cc").c_str(), 0600), 0);
  EXPECT_EQ(Walked(), Strings{"a.cc"});
  EXPECT_EQ(Why("b.cc"), LeftOut::kNotRegular);
  EXPECT_EQ(Why("pipe.cc"), LeftOut::kNotRegular);
}

TEST_F(WalkTest, IsBounded) {
  std::string deep;
  for (size_t i = 0; i < 40; ++i) deep += "d/";
  Write(deep + "deep.cc", "int a;\n");
  Write("top.cc", "int a;\n");
  EXPECT_EQ(Walked({.max_depth = 10}), Strings{"top.cc"});
  EXPECT_EQ(Walked().size(), 2U);
}

TEST_F(WalkTest, StopsWhenItIsTold) {
  Write("a.cc", "int a;\n");
  std::stop_source stop;
  stop.request_stop();
  const auto walked = Walk(
      root_, FileChoice(), {}, [](const FoundFile&) { return true; },
      stop.get_token());
  ASSERT_FALSE(walked);
  EXPECT_EQ(walked.error().code, base::ErrorCode::kCancelled);
}

TEST_F(WalkTest, TheRootHasToBeThere) {
  EXPECT_FALSE(Walk(folder_ / "none", FileChoice(), {},
                    [](const FoundFile&) { return true; }));
  Write("file", "x");
  EXPECT_FALSE(Walk(root_ / "file", FileChoice(), {},
                    [](const FoundFile&) { return true; }));
}

TEST_F(WalkTest, TheRootIsTheNearestRepository) {
  Write("a/b/c.cc", "int a;\n");
  EXPECT_EQ(RootOf(root_ / "a" / "b"), root_);
  EXPECT_EQ(RootOf(root_), root_);
  std::filesystem::create_directories(folder_ / "plain" / "sub");
  EXPECT_EQ(RootOf(folder_ / "plain" / "sub"), folder_ / "plain" / "sub");
}

}  // namespace
}  // namespace krait::repository
