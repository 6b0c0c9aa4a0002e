// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "engine/run/warm_session.h"
#include "engine/state/state_file.h"

namespace krait::engine {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPlenty = size_t{1} << 30;

std::shared_ptr<const Model> LoadModel(const std::string& path) {
  auto model = Model::Load(path);
  if (!model) {
    ADD_FAILURE() << model.error().message;
    return nullptr;
  }
  return *model;
}

class StateDirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) /
            ("krait_states_" + std::to_string(getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(root_);
    model_ = LoadModel(KRAIT_TEST_DATA "/models/mamba2-tiny/hf");
    ASSERT_NE(model_, nullptr);
    for (TokenId i = 0; i < 150; ++i) tokens_.push_back(i * 7 % 90 + 16);
  }
  void TearDown() override { fs::remove_all(root_); }

  StateStore Store() const {
    return StateStore(Resumption(model_->hyperparameters()), kPlenty);
  }
  StateDirectory Directory(size_t max_bytes = kPlenty) const {
    return StateDirectory(root_, *model_, max_bytes);
  }

  // Runs the tokens in `store`; returns the logits and what it cost.
  std::vector<float> Run(StateStore& store, PrefillCost* cost = nullptr) {
    WarmResources shared(model_, pool_, store);
    WarmSession session(shared);
    const auto advanced = session.Advance(tokens_, {});
    EXPECT_TRUE(advanced);
    if (cost != nullptr) *cost = *advanced;
    const auto logits = session.Fork().logits();
    return {logits.begin(), logits.end()};
  }

  void SaveOne() {
    StateStore store = Store();
    Run(store);
    ASSERT_TRUE(Directory().Save(store));
  }

  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    return files;
  }

  static std::string Read(const fs::path& path) {
    std::stringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
  }
  static void Write(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }

  fs::path root_;
  std::shared_ptr<const Model> model_;
  WorkerPool pool_{PlanThreads(1)};
  std::vector<TokenId> tokens_;
};

TEST_F(StateDirectoryTest, WhatWasSavedIsWarmAgainBitForBit) {
  for (const char* path :
       {"/models/mamba2-tiny/hf", "/models/mistral-nowindow/hf"}) {
    model_ = LoadModel(std::string(KRAIT_TEST_DATA) + path);
    StateStore before = Store();
    const std::vector<float> expected = Run(before);
    ASSERT_TRUE(Directory().Save(before));
    StateStore after = Store();
    EXPECT_THAT(Directory().Load(&after), testing::IsEmpty());
    PrefillCost cost;
    EXPECT_EQ(Run(after, &cost), expected);
    EXPECT_EQ(cost.computed, 1U) << path;
  }
}

TEST_F(StateDirectoryTest, IsForTheUserAlone) {
  SaveOne();
  EXPECT_EQ(fs::status(root_).permissions(), fs::perms::owner_all);
  for (const fs::path& file : Files()) {
    EXPECT_EQ(fs::status(file).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
  }
}

TEST_F(StateDirectoryTest, AFileWithAnyDamageIsPassedOver) {
  SaveOne();
  const std::vector<fs::path> files = Files();
  ASSERT_EQ(files.size(), 1U);
  const std::string whole = Read(files[0]);
  for (size_t at = 0; at < whole.size(); at += 1 + at / 16) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    Write(files[0], damaged);
    StateStore store = Store();
    const auto warnings = Directory().Load(&store);
    ASSERT_EQ(warnings.size(), 1U) << "byte " << at;
    EXPECT_THAT(warnings[0], testing::HasSubstr(files[0].string()));
    EXPECT_EQ(store.held_bytes(), 0U);
  }
  for (const size_t size : {size_t{0}, size_t{10}, size_t{64}, whole.size() / 2,
                            whole.size() - 1}) {
    Write(files[0], whole.substr(0, size));
    StateStore store = Store();
    EXPECT_EQ(Directory().Load(&store).size(), 1U) << size << " bytes";
  }
}

TEST_F(StateDirectoryTest, ModelsDoNotTakeEachOthersStates) {
  SaveOne();
  const auto other = LoadModel(KRAIT_TEST_DATA "/models/mamba2-tied/hf");
  StateStore store(Resumption(other->hyperparameters()), kPlenty);
  EXPECT_THAT(StateDirectory(root_, *other, kPlenty).Load(&store),
              testing::IsEmpty());
  EXPECT_EQ(store.held_bytes(), 0U);
}

TEST_F(StateDirectoryTest, TheOldestFilesGoWhenTheLimitIsReached) {
  for (TokenId i = 0; i < 5; ++i) {
    tokens_[0] = 20 + i;
    SaveOne();
  }
  ASSERT_EQ(Files().size(), 5U);
  const size_t each = fs::file_size(Files()[0]);
  StateStore store = Store();
  Run(store);
  ASSERT_TRUE(Directory(each * 5 / 2).Save(store));
  EXPECT_EQ(Files().size(), 2U);
}

TEST_F(StateDirectoryTest, WhatAnotherProcessLeftUnfinishedIsRemovedLater) {
  SaveOne();
  const fs::path unfinished = Files()[0].string() + ".1.tmp";
  Write(unfinished, "half");
  StateStore store = Store();
  EXPECT_THAT(Directory().Load(&store), testing::IsEmpty());
  EXPECT_TRUE(fs::exists(unfinished));  // it may be being written
  fs::last_write_time(unfinished,
                      fs::file_time_type::clock::now() - std::chrono::hours(2));
  EXPECT_THAT(Directory().Load(&store), testing::IsEmpty());
  EXPECT_FALSE(fs::exists(unfinished));
}

TEST_F(StateDirectoryTest, AFullDiskIsAnErrorAndLeavesNothingBehind) {
  StateStore store = Store();
  Run(store);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit;
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit small = {1000, limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const Status saved = Directory().Save(store);
  setrlimit(RLIMIT_FSIZE, &limit);
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kIo);
  EXPECT_THAT(saved.error().message, testing::HasSubstr(root_.string()));
  EXPECT_THAT(Files(), testing::IsEmpty());
}

TEST_F(StateDirectoryTest, AFolderThatCannotBeMadeIsAnError) {
  Write(root_, "a file in its place");
  StateStore store = Store();
  EXPECT_THAT(Directory().Load(&store), testing::IsEmpty());
  EXPECT_EQ(Directory().Save(store).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace krait::engine
