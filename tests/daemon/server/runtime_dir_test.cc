// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/runtime_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace krait::daemon {
namespace {

using testing::HasSubstr;

class RuntimeDirTest : public testing::Test {
 protected:
  RuntimeDirTest() {
    char name[] = "/tmp/krait-runtime-XXXXXX";
    root_ = mkdtemp(name);
    env_ = {.xdg_runtime_dir = root_, .tmp = root_, .uid = geteuid()};
  }
  ~RuntimeDirTest() override { std::filesystem::remove_all(root_); }

  std::string Problem() {
    const auto dir = MakeRuntimeDir(env_);
    return dir ? "none" : dir.error().message;
  }

  std::filesystem::path root_;
  RuntimeEnvironment env_;
};

TEST_F(RuntimeDirTest, IsMadeForThisUserAlone) {
  const auto missing = FindRuntimeDir(env_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, engine::ErrorCode::kNotFound);
  const auto dir = MakeRuntimeDir(env_);
  ASSERT_TRUE(dir);
  EXPECT_EQ(dir->socket(), root_ / "krait" / "daemon.sock");
  struct stat status {};
  ASSERT_EQ(stat(dir->dir.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
  EXPECT_TRUE(MakeRuntimeDir(env_));
  EXPECT_TRUE(FindRuntimeDir(env_));
}

TEST_F(RuntimeDirTest, WithoutXdgItCarriesTheUsersNumber) {
  for (const char* none : {"", "relative/path"}) {
    env_.xdg_runtime_dir = none;
    const auto dir = MakeRuntimeDir(env_);
    ASSERT_TRUE(dir);
    EXPECT_EQ(dir->dir, root_ / ("krait-" + std::to_string(geteuid())));
  }
}

TEST_F(RuntimeDirTest, OthersMustNotEnterIt) {
  std::filesystem::create_directory(root_ / "krait");
  ASSERT_EQ(chmod((root_ / "krait").c_str(), 0750), 0);
  EXPECT_THAT(Problem(), HasSubstr("krait: expected mode 0700"));
  ASSERT_EQ(chmod((root_ / "krait").c_str(), 0700), 0);
  EXPECT_EQ(Problem(), "none");
  env_.uid += 1;
  EXPECT_THAT(Problem(), HasSubstr("it belongs to user"));
}

TEST_F(RuntimeDirTest, ALinkOrAFileIsNoDirectory) {
  std::filesystem::create_directory_symlink(root_, root_ / "krait");
  EXPECT_THAT(Problem(), HasSubstr("expected a directory"));
  std::filesystem::remove(root_ / "krait");
  std::ofstream(root_ / "krait") << "x";
  EXPECT_THAT(Problem(), HasSubstr("expected a directory"));
}

TEST_F(RuntimeDirTest, WhereNothingCanBeMadeTheReasonIsGiven) {
  env_.xdg_runtime_dir = root_ / "none";
  EXPECT_THAT(Problem(), HasSubstr("cannot make the directory"));
}

TEST_F(RuntimeDirTest, OneAtATimeHasTheLock) {
  const auto file = root_ / "lock";
  auto first = DaemonLock::TryAcquire(file);
  ASSERT_TRUE(first && first->has_value());
  const auto second = DaemonLock::TryAcquire(file);
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(second->has_value());
  first->reset();
  const auto third = DaemonLock::TryAcquire(file);
  EXPECT_TRUE(third && third->has_value());
}

}  // namespace
}  // namespace krait::daemon
