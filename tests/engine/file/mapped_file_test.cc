// SPDX-License-Identifier: Apache-2.0
#include "engine/file/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/file/mapping_guard.h"

namespace krait::engine {
namespace {

using ::testing::HasSubstr;
using Path = std::filesystem::path;

class MappedFileTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  const Path path_ = Path(::testing::TempDir()) / "krait_mapped_file";
};

TEST_F(MappedFileTest, BytesStayWhereTheyAreWhenItMoves) {
  std::ofstream(path_) << "some bytes";
  Result<MappedFile> file = MappedFile::Open(path_);
  ASSERT_TRUE(file) << file.error().message;
  const char* data = file->bytes().data();
  MappedFile moved = std::move(*file);
  EXPECT_EQ(moved.bytes(), "some bytes");
  EXPECT_EQ(moved.bytes().data(), data);
  MappedFile assigned;
  assigned = std::move(moved);
  EXPECT_EQ(assigned.bytes().data(), data);
}

TEST_F(MappedFileTest, AnEmptyFileHasNoBytes) {
  std::ofstream(path_).flush();
  const Result<MappedFile> file = MappedFile::Open(path_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_TRUE(file->bytes().empty());
}

TEST_F(MappedFileTest, APipeWithoutAWriterIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  const Result<MappedFile> file = MappedFile::Open(path_);
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message,
              HasSubstr(path_.string() + ": expected a regular file"));
}

TEST_F(MappedFileTest, TellsMissingFilesFromDirectories) {
  EXPECT_EQ(MappedFile::Open(path_).error().code, ErrorCode::kNotFound);
  const Result<MappedFile> directory = MappedFile::Open(::testing::TempDir());
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(directory.error().message, HasSubstr("found a directory"));
}

TEST_F(MappedFileTest, WhatIsCutShortReadsAsZerosOnceItIsGuarded) {
  GuardMappings();
  constexpr size_t kBytes = 1'000'000;
  std::ofstream(path_) << std::string(kBytes, 'x');
  const Result<MappedFile> file = MappedFile::Open(path_);
  ASSERT_TRUE(file) << file.error().message;
  std::filesystem::resize_file(path_, 10);
  std::vector<std::thread> readers;
  std::atomic<size_t> kept = 0;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      kept += static_cast<size_t>(
          std::count(file->bytes().begin(), file->bytes().end(), 'x'));
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(kept, 4 * 10U);
}

TEST(MappedFileDeathTest, ABusErrorElsewhereIsStillOne) {
  GuardMappings();
#ifdef KRAIT_SANITIZED  // its handler was there first, and reports
  EXPECT_DEATH((void)raise(SIGBUS), "");
#else
  EXPECT_EXIT((void)raise(SIGBUS), testing::KilledBySignal(SIGBUS), "");
#endif
}

}  // namespace
}  // namespace krait::engine
