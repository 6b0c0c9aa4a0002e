// SPDX-License-Identifier: Apache-2.0
#include "engine/model/fingerprint.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace krait::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExecutor = "AVX2";

class FingerprintTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) /
            ("krait_fingerprint_" + std::to_string(getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  static void Write(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  static std::string Read(const fs::path& path) {
    std::stringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
  }
  // So that the time of change is told from that of another write.
  static void Age(const fs::path& path, int seconds) {
    fs::last_write_time(
        path, fs::file_time_type::clock::now() - std::chrono::seconds(seconds));
  }
  static std::string Of(const fs::path& path,
                        const fs::path& memory = fs::path()) {
    const auto fingerprint =
        FingerprintOf(StampModel(path), kExecutor, FingerprintMemory(memory));
    return fingerprint ? fingerprint->Hex() : fingerprint.error().message;
  }

  fs::path root_;
};

TEST_F(FingerprintTest, EveryByteOfAFileCounts) {
  const fs::path model = root_ / "model.gguf";
  std::string bytes(100'000, 'x');
  Write(model, bytes);
  const std::string before = Of(model);
  EXPECT_EQ(before.size(), 32U);
  for (const size_t at : {size_t{0}, size_t{12'345}, bytes.size() - 1}) {
    std::string other = bytes;
    other[at] ^= 1;
    Write(model, other);
    EXPECT_NE(Of(model), before) << "byte " << at;
  }
  Write(root_ / "by another name.gguf", bytes);
  EXPECT_EQ(Of(root_ / "by another name.gguf"), before);
}

TEST_F(FingerprintTest, EveryFileOfADirectoryCounts) {
  for (const char* name :
       {"config.json", "tokenizer.json", "model-1.safetensors",
        "model-2.safetensors", "tokenizer.model.v3"}) {
    Write(root_ / name, name);
  }
  const std::string before = Of(root_);
  for (const auto& entry : fs::directory_iterator(root_)) {
    const std::string bytes = Read(entry.path());
    Write(entry.path(), bytes + " ");
    EXPECT_NE(Of(root_), before) << entry.path();
    Write(entry.path(), bytes);
    EXPECT_EQ(Of(root_), before);
  }
  Write(root_ / "README.md", "not a part of it");
  EXPECT_EQ(Of(root_), before);
  fs::rename(root_ / "model-1.safetensors", root_ / "model-3.safetensors");
  EXPECT_NE(Of(root_), before);
}

TEST_F(FingerprintTest, IsRememberedUntilTheFileChanges) {
  const fs::path model = root_ / "model.gguf";
  const fs::path memory = root_ / "state" / "fingerprints";
  Write(model, "weights");
  Age(model, 100);
  const std::string before = Of(model, memory);
  struct stat info = {};
  ASSERT_EQ(stat(memory.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  // What it says is believed,
  std::string text = Read(memory);
  text[0] = text[0] == '0' ? '1' : '0';
  Write(memory, text);
  const std::string remembered = Of(model, memory);
  EXPECT_NE(remembered, before);
  // but only of the file as it was: not with another time,
  Age(model, 50);
  EXPECT_EQ(Of(model, memory), before);
  // nor another size,
  Write(model, "weights and more");
  Age(model, 50);
  EXPECT_NE(Of(model, memory), before);
  // nor if another is in its place.
  const auto time = fs::last_write_time(model);
  Write(root_ / "new", "WEIGHTS and more");
  fs::last_write_time(root_ / "new", time);
  const std::string second = Of(model, memory);
  fs::rename(root_ / "new", model);
  EXPECT_NE(Of(model, memory), second);
}

TEST_F(FingerprintTest, AFileThatWasJustWrittenIsNotRemembered) {
  const fs::path model = root_ / "model.gguf";
  Write(model, "weights");
  EXPECT_EQ(Of(model, root_ / "fingerprints").size(), 32U);
  EXPECT_FALSE(fs::exists(root_ / "fingerprints"));
}

TEST_F(FingerprintTest, AMemoryFullOfRubbishIsOfNoUseAndNoHarm) {
  const fs::path model = root_ / "model.gguf";
  const fs::path memory = root_ / "fingerprints";
  Write(model, "weights");
  Age(model, 100);
  const std::string right = Of(model);
  for (const std::string& rubbish :
       {std::string("\0\n\n \n", 5), std::string(100'000, ' '),
        "zz" + right.substr(2) + " 7 1 1 1 " + model.string() + "\n"}) {
    Write(memory, rubbish);
    EXPECT_EQ(Of(model, memory), right);
  }
}

TEST_F(FingerprintTest, AFileThatChangedSinceItWasStampedIsRefused) {
  const fs::path model = root_ / "model.gguf";
  Write(model, "weights");
  const ModelStamp stamp = StampModel(model);
  Write(model, "other weights");
  const auto fingerprint =
      FingerprintOf(stamp, kExecutor, FingerprintMemory({}));
  ASSERT_FALSE(fingerprint);
  EXPECT_EQ(fingerprint.error().message,
            model.string() + ": was changed while it was read");
  EXPECT_FALSE(FingerprintOf({}, kExecutor, FingerprintMemory({})));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(FingerprintOf(StampModel(model), kExecutor, FingerprintMemory({}),
                          stop.get_token())
                .error()
                .code,
            ErrorCode::kCancelled);
}

TEST_F(FingerprintTest, WhatRunsTheModelCounts) {
  const fs::path model = root_ / "model.gguf";
  Write(model, "weights");
  const auto of = [&](std::string_view executor) {
    return FingerprintOf(StampModel(model), executor, FingerprintMemory({}))
        ->Hex();
  };
  EXPECT_EQ(of("AVX2"), of("AVX2"));
  EXPECT_NE(of("AVX2"), of("AVX3"));
}

TEST_F(FingerprintTest, AReplacedFileIsToldFromAnOverwrittenOne) {
  const fs::path model = root_ / "model.gguf";
  Write(model, "weights");
  Age(model, 100);
  const ModelStamp before = StampModel(model);
  EXPECT_EQ(CompareModels(before, StampModel(model)), ModelChange::kNone);
  Write(model, "WEIGHTS");
  EXPECT_EQ(CompareModels(before, StampModel(model)),
            ModelChange::kOverwritten);
  Write(root_ / "new", "weights");
  fs::rename(root_ / "new", model);
  EXPECT_EQ(CompareModels(before, StampModel(model)), ModelChange::kReplaced);
  fs::remove(model);
  EXPECT_EQ(CompareModels(before, StampModel(model)), ModelChange::kReplaced);
}

}  // namespace
}  // namespace krait::engine
