// SPDX-License-Identifier: Apache-2.0
#include "daemon/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace krait::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string ContentOf(const std::filesystem::path& path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

// Standard error is the process's: each test gives it back.
class LogTest : public testing::Test {
 protected:
  LogTest() : stderr_(dup(STDERR_FILENO)) {
    char name[] = "/tmp/krait-log-XXXXXX";
    dir_ = mkdtemp(name);
  }
  ~LogTest() override {
    (void)OpenLog({});
    dup2(stderr_, STDERR_FILENO);
    close(stderr_);
    std::filesystem::remove_all(dir_);
  }

  int stderr_;
  std::filesystem::path dir_;
};

TEST_F(LogTest, WritesWhatTheLevelAsksFor) {
  const auto file = dir_ / "log";
  ASSERT_TRUE(
      OpenLog({.level = LogLevel::kInfo, .stamped = true, .file = file}));
  WriteLog(LogLevel::kInfo, "two\nlines");
  WriteLog(LogLevel::kDebug, "too much");
  EXPECT_THAT(ContentOf(file), HasSubstr("info: two lines\n"));
  EXPECT_THAT(ContentOf(file), Not(HasSubstr("too much")));
}

TEST_F(LogTest, AFullFileMakesRoomForANewOne) {
  const auto file = dir_ / "log";
  ASSERT_TRUE(OpenLog({.file = file, .max_file_bytes = 1000}));
  for (int i = 0; i < 100; ++i) {
    WriteLog(LogLevel::kError, "a sentence of about forty characters ...");
  }
  EXPECT_LE(std::filesystem::file_size(file), 1100U);
  EXPECT_LE(std::filesystem::file_size(dir_ / "log.1"), 1100U);
  EXPECT_GE(std::filesystem::file_size(dir_ / "log.1"), 1000U);
}

TEST_F(LogTest, SaysWhichFileCannotBeOpened) {
  const auto opened = OpenLog({.file = dir_ / "none" / "log"});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("none/log"));
}

TEST(LogLevelTest, HasNames) {
  EXPECT_EQ(LogLevelNamed("debug"), LogLevel::kDebug);
  EXPECT_EQ(LogLevelNamed("loud"), std::nullopt);
  EXPECT_EQ(LogLevelName(LogLevel::kWarning), "warning");
}

}  // namespace
}  // namespace krait::daemon
