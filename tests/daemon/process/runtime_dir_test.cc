// SPDX-License-Identifier: Apache-2.0
#include "daemon/process/runtime_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace krait::daemon {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class RuntimeDirTest : public testing::Test {
 protected:
  RuntimeDirTest() {
    char name[] = "/tmp/krait-runtime-XXXXXX";
    root_ = mkdtemp(name);
    tmp_ = root_ / "tmp";
    env_ = {.xdg_runtime_dir = root_, .tmp = tmp_, .uid = geteuid()};
    std::filesystem::create_directory(tmp_);
  }
  ~RuntimeDirTest() override { std::filesystem::remove_all(root_); }

  std::string Problem() {
    const auto dir = MakeRuntimeDir(env_);
    return dir ? "none" : dir.error().message;
  }

  std::filesystem::path OfUser() const {
    return tmp_ / ("krait-" + std::to_string(geteuid()));
  }

  std::filesystem::path root_;
  std::filesystem::path tmp_;
  RuntimeEnvironment env_;
};

TEST_F(RuntimeDirTest, IsMadeForThisUserAlone) {
  const auto missing = FindRuntimeDirs(env_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, base::ErrorCode::kNotFound);
  const auto dir = MakeRuntimeDir(env_);
  ASSERT_TRUE(dir);
  EXPECT_EQ(dir->socket(), root_ / "krait" / "daemon.sock");
  struct stat status {};
  ASSERT_EQ(stat(dir->dir.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
  EXPECT_TRUE(MakeRuntimeDir(env_));
  const auto found = FindRuntimeDirs(env_);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().dir, dir->dir);
}

TEST_F(RuntimeDirTest, WithoutXdgItCarriesTheUsersNumber) {
  for (const char* none : {"", "relative/path"}) {
    env_.xdg_runtime_dir = none;
    const auto dir = MakeRuntimeDir(env_);
    ASSERT_TRUE(dir);
    EXPECT_EQ(dir->dir, OfUser());
    EXPECT_EQ(dir->instead_because, "");
  }
}

TEST_F(RuntimeDirTest, OthersMustNotEnterIt) {
  std::filesystem::create_directory(root_ / "krait");
  ASSERT_EQ(chmod((root_ / "krait").c_str(), 0750), 0);
  EXPECT_THAT(Problem(), HasSubstr("krait: expected mode 0700"));
  ASSERT_EQ(chmod((root_ / "krait").c_str(), 0700), 0);
  EXPECT_EQ(Problem(), "none");
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
  env_.tmp = root_ / "no-tmp";
  EXPECT_THAT(Problem(), AllOf(HasSubstr("none/krait"), HasSubstr("no-tmp")));
  EXPECT_EQ(MakeRuntimeDir(env_).error().code, base::ErrorCode::kUnsupported);
}

TEST_F(RuntimeDirTest, AnUnusableOneIsReplaced) {
  const auto expect_instead = [this](const std::string& because) {
    const auto dir = MakeRuntimeDir(env_);
    ASSERT_TRUE(dir) << dir.error().message;
    EXPECT_EQ(dir->dir, OfUser());
    EXPECT_THAT(dir->instead_because, HasSubstr(because));
  };
  env_.xdg_runtime_dir = root_ / "none";
  expect_instead("none/krait: No such file");
  std::ofstream(root_ / "file") << "x";
  env_.xdg_runtime_dir = root_ / "file";
  expect_instead("file/krait: Not a directory");
  env_.xdg_runtime_dir = root_ / std::string(100, 'x');
  std::filesystem::create_directory(env_.xdg_runtime_dir);
  expect_instead("a socket's path has at most 107 bytes");
}

TEST_F(RuntimeDirTest, AnothersIsReplaced) {
  ASSERT_TRUE(MakeRuntimeDir(env_));
  env_.uid += 1;  // whose /tmp/krait-UID is not there, and cannot be his
  EXPECT_THAT(Problem(), AllOf(HasSubstr("krait: belongs to another user"),
                               HasSubstr("krait-")));
  EXPECT_FALSE(FindRuntimeDirs(env_));
}

TEST_F(RuntimeDirTest, TheReplacementIsCheckedLikeTheFirst) {
  env_.xdg_runtime_dir = root_ / "none";
  std::filesystem::create_directory(OfUser());
  ASSERT_EQ(chmod(OfUser().c_str(), 0755), 0);
  EXPECT_THAT(Problem(), HasSubstr("expected mode 0700"));
}

TEST_F(RuntimeDirTest, ADaemonMayBeInEither) {
  const auto first = MakeRuntimeDir(env_);
  env_.xdg_runtime_dir = "";
  const auto second = MakeRuntimeDir(env_);
  env_.xdg_runtime_dir = root_;
  const auto both = FindRuntimeDirs(env_);
  ASSERT_TRUE(first && second && both);
  ASSERT_EQ(both->size(), 2U);
  EXPECT_EQ((*both)[0].dir, first->dir);
  EXPECT_EQ((*both)[1].dir, second->dir);
}

TEST_F(RuntimeDirTest, ALockIsWorthNothingOnceItsFileIsAnother) {
  const auto file = root_ / "lock";
  const auto lock = DaemonLock::TryAcquire(file);
  ASSERT_TRUE(lock && *lock);
  EXPECT_TRUE((*lock)->IsAt(file));
  std::filesystem::remove(file);
  EXPECT_FALSE((*lock)->IsAt(file));
  std::ofstream(file) << "";
  EXPECT_FALSE((*lock)->IsAt(file));
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
