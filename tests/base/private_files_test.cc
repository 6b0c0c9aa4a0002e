// SPDX-License-Identifier: Apache-2.0
#include "base/private_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace krait::base {
namespace {

namespace fs = std::filesystem;

class PrivateFilesTest : public testing::Test {
 protected:
  PrivateFilesTest() {
    char name[] = "/tmp/krait-private-XXXXXX";
    dir_ = mkdtemp(name);
  }
  ~PrivateFilesTest() override { fs::remove_all(dir_); }

  static std::string Read(const fs::path& path) {
    std::stringstream bytes;
    bytes << std::ifstream(path).rdbuf();
    return bytes.str();
  }

  fs::path dir_;
};

TEST_F(PrivateFilesTest, AreForTheUserAloneWhateverTheUmask) {
  const mode_t before = umask(0);
  EXPECT_TRUE(MakePrivateDirectories(dir_ / "a" / "b"));
  EXPECT_TRUE(WritePrivateFile(dir_ / "a" / "b" / "c", "text"));
  umask(before);
  EXPECT_EQ(fs::status(dir_ / "a").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(dir_ / "a" / "b").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(dir_ / "a" / "b" / "c").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(PrivateFilesTest, WhatIsThereIsLeftAsItIs) {
  fs::create_directory(dir_ / "mine");
  fs::permissions(dir_ / "mine", fs::perms(0755));
  EXPECT_TRUE(MakePrivateDirectories(dir_ / "mine"));
  EXPECT_EQ(fs::status(dir_ / "mine").permissions(), fs::perms(0755));
  std::ofstream(dir_ / "file") << "x";
  EXPECT_FALSE(MakePrivateDirectories(dir_ / "file"));
  EXPECT_FALSE(MakePrivateDirectories(dir_ / "file" / "sub"));
}

TEST_F(PrivateFilesTest, AFileIsReplacedAsAWhole) {
  std::ofstream(dir_ / "file") << "a longer text";
  fs::permissions(dir_ / "file", fs::perms(0644));
  EXPECT_TRUE(WritePrivateFile(dir_ / "file", "new"));
  EXPECT_EQ(Read(dir_ / "file"), "new");
  EXPECT_EQ(fs::status(dir_ / "file").permissions(), fs::perms(0600));
  { PrivateFileWriter(dir_ / "file").Write("half", 4); }
  EXPECT_EQ(Read(dir_ / "file"), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_), {}), 1);
}

TEST_F(PrivateFilesTest, WhatAnEndedProcessLeftIsRemovedNotWhatIsBeingWritten) {
  for (const char* name :
       {"file.1.tmp", "file.2.tmp", "file.tmp", "file.x.tmp", "other.1.tmp"}) {
    std::ofstream(dir_ / name) << "x";
  }
  const int held = open((dir_ / "file.2.tmp").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(flock(held, LOCK_EX), 0);
  EXPECT_TRUE(WritePrivateFile(dir_ / "file", "new"));
  close(held);
  EXPECT_FALSE(fs::exists(dir_ / "file.1.tmp"));
  for (const char* name :
       {"file.2.tmp", "file.tmp", "file.x.tmp", "other.1.tmp"}) {
    EXPECT_TRUE(fs::exists(dir_ / name)) << name;
  }
}

TEST_F(PrivateFilesTest, TemporaryNamesHaveAFinalOne) {
  EXPECT_EQ(FinalName("a.state.12.tmp"), "a.state");
  for (const char* other : {"a.state", "a.tmp", ".tmp", "a..tmp", "a.1x.tmp"}) {
    EXPECT_EQ(FinalName(other), "") << other;
  }
}

}  // namespace
}  // namespace krait::base
