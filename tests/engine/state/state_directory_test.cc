// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_directory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "engine/run/warm_session.h"
#include "engine/state/state_file.h"
#include "tests/engine/run/model_case.h"

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

Fingerprint PrintOf(const Model& model) {
  const auto fingerprint = FingerprintOf(
      StampModel(model.file().path()), Executor::Name(), FingerprintMemory({}));
  EXPECT_TRUE(fingerprint);
  return *fingerprint;
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
    return StateStore(StateNeeds(model_->hyperparameters()), kPlenty);
  }
  StateDirectory Directory(size_t max_bytes = kPlenty) const {
    return Directory(StateLimits{.max_bytes = max_bytes});
  }
  StateDirectory Directory(StateLimits limits) const {
    return StateDirectory(root_, StateCodec(model_->hyperparameters()),
                          PrintOf(*model_), limits);
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
  for (const ModelCase& model : EveryModelAnd({})) {
    if (model.path.empty()) continue;  // below
    SCOPED_TRACE(model.name);
    model_ = LoadModel(model.path);
    ASSERT_NE(model_, nullptr);
    StateStore before = Store();
    const std::vector<float> expected = Run(before);
    ASSERT_TRUE(Directory().Save(before));
    StateStore after = Store();
    EXPECT_THAT(Directory().Load(&after), testing::IsEmpty());
    PrefillCost cost;
    EXPECT_EQ(Run(after, &cost), expected);
    EXPECT_EQ(cost.computed, 1U);
  }
}

// With the keys and values before the snapshot, and both kinds of rows behind.
TEST_F(StateDirectoryTest, AHybridsStateIsWarmAgainBitForBit) {
  model_ = MakeHybrid();
  const StateCodec codec(model_->hyperparameters());
  for (const size_t size : {150U, 130U, 40U}) {
    tokens_.resize(size);
    StateDirectory directory(root_ / std::to_string(size), codec, Fingerprint{},
                             {.max_bytes = kPlenty});
    StateStore before = Store();
    const std::vector<float> expected = Run(before);
    ASSERT_TRUE(directory.Save(before));
    StateStore after = Store();
    EXPECT_THAT(directory.Load(&after), testing::IsEmpty());
    PrefillCost cost;
    EXPECT_EQ(Run(after, &cost), expected);
    EXPECT_EQ(cost.computed, 1U) << size;
    EXPECT_EQ(cost.reused, GridFloor(size)) << size;
  }
}

TEST_F(StateDirectoryTest, IsForTheUserAlone) {
  const mode_t before = umask(0);
  SaveOne();
  umask(before);
  EXPECT_EQ(fs::status(root_).permissions(), fs::perms::owner_all);
  for (const fs::path& file : Files()) {
    EXPECT_EQ(fs::status(file).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(fs::status(file.parent_path()).permissions(),
              fs::perms::owner_all);
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
    EXPECT_FALSE(fs::exists(files[0])) << "byte " << at;
    fs::create_directory(files[0].parent_path());
  }
  for (const size_t size : {size_t{0}, size_t{10}, size_t{64}, whole.size() / 2,
                            whole.size() - 1}) {
    Write(files[0], whole.substr(0, size));
    StateStore store = Store();
    EXPECT_EQ(Directory().Load(&store).size(), 1U) << size << " bytes";
    EXPECT_FALSE(fs::exists(files[0])) << size << " bytes";
    fs::create_directory(files[0].parent_path());
  }
}

TEST_F(StateDirectoryTest, ModelsDoNotTakeEachOthersStates) {
  SaveOne();
  const auto other = LoadModel(KRAIT_TEST_DATA "/models/mamba2-tied/hf");
  StateStore store(StateNeeds(other->hyperparameters()), kPlenty);
  EXPECT_THAT(StateDirectory(root_, StateCodec(other->hyperparameters()),
                             PrintOf(*other), {.max_bytes = kPlenty})
                  .Load(&store),
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

TEST_F(StateDirectoryTest, WhatWasDamagedMeanwhileIsWrittenAgain) {
  StateStore store = Store();
  const std::vector<float> expected = Run(store);
  StateDirectory directory = Directory();
  ASSERT_TRUE(directory.Save(store));
  const fs::path file = Files()[0];
  const std::string whole = Read(file);
  Write(file, whole.substr(0, whole.size() / 2));
  ASSERT_TRUE(directory.Save(store));
  EXPECT_EQ(Read(file), whole);
  // Nor does one that this process knows nothing of stay in the way.
  Write(file, "damaged");
  ASSERT_TRUE(Directory().Save(store));
  EXPECT_EQ(Read(file), whole);
}

TEST_F(StateDirectoryTest, WhatIsThereAlreadyIsOnlyUsedAgain) {
  StateStore store = Store();
  Run(store);
  StateDirectory directory = Directory();
  ASSERT_TRUE(directory.Save(store));
  struct stat before = {};
  struct stat after = {};
  stat(Files()[0].c_str(), &before);
  ASSERT_TRUE(directory.Save(store));
  stat(Files()[0].c_str(), &after);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(StateDirectoryTest, WhatAnEndedProcessLeftUnfinishedIsRemoved) {
  SaveOne();
  const fs::path unfinished = Files()[0].string() + ".1.tmp";
  Write(unfinished, "half");
  {
    // It may be being written: then it is locked.
    const int fd = open(unfinished.c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(flock(fd, LOCK_EX), 0);
    StateStore store = Store();
    EXPECT_THAT(Directory().Load(&store), testing::IsEmpty());
    EXPECT_TRUE(fs::exists(unfinished));
    close(fd);
  }
  StateStore store = Store();
  EXPECT_THAT(Directory().Load(&store), testing::IsEmpty());
  EXPECT_FALSE(fs::exists(unfinished));
  EXPECT_EQ(Files().size(), 1U);
}

TEST_F(StateDirectoryTest, WhatIsNotKraitsIsLeftAsItIs) {
  const std::string digits(32, 'a');
  const std::vector<std::string> others = {
      "thesis.tmp",
      "0123456789abcdef.state",
      "project/sub/unsaved.tmp",
      "project/terraform.state",
      "project/0123456789abcdef.state",
      digits + "/notes.state",
      digits + "/0123456789abcdef.state.tmp",
      digits + "/0123456789ABCDEF.state",
      digits + "/sub/0123456789abcdef.state",
      "beside/" + digits + "/0123456789abcdef.state"};
  for (const std::string& name : others) {
    fs::create_directories((root_ / name).parent_path());
    Write(root_ / name, "of another program");
    fs::last_write_time(root_ / name, fs::file_time_type::clock::now() -
                                          std::chrono::hours(10'000));
  }
  fs::create_directory_symlink(root_ / "beside" / digits,
                               root_ / std::string(32, 'b'));
  fs::permissions(root_, fs::perms(0755));
  for (const StateLimits limits :
       {StateLimits{.max_bytes = kPlenty}, StateLimits{.max_bytes = 1}}) {
    StateStore store = Store();
    Run(store);
    ASSERT_TRUE(Directory(limits).Save(store));
    EXPECT_THAT(Directory(limits).Load(&store), testing::IsEmpty());
  }
  for (const std::string& name : others) {
    EXPECT_EQ(Read(root_ / name), "of another program") << name;
  }
  EXPECT_EQ(fs::status(root_).permissions(), fs::perms(0755));
}

TEST_F(StateDirectoryTest, ALinkInTheFoldersPlaceIsRefused) {
  const fs::path elsewhere = root_ / "elsewhere";
  fs::create_directories(elsewhere);
  fs::create_directory_symlink(elsewhere, root_ / PrintOf(*model_).Hex());
  StateStore store = Store();
  Run(store);
  const Status saved = Directory().Save(store);
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error().message, testing::HasSubstr("made by krait"));
  EXPECT_TRUE(fs::is_empty(elsewhere));
}

TEST_F(StateDirectoryTest, WhatWasNotUsedForLongGoes) {
  SaveOne();
  const fs::path old = Files()[0];
  tokens_[0] = 20;
  SaveOne();
  const auto now = fs::file_time_type::clock::now();
  fs::last_write_time(old, now - std::chrono::hours(49));
  const StateLimits limits{.max_bytes = kPlenty,
                           .max_age = std::chrono::hours(48)};
  EXPECT_EQ(Directory(limits).List().size(), 1U);
  EXPECT_FALSE(fs::exists(old));
}

TEST_F(StateDirectoryTest, AStopLeavesNothingHalfWritten) {
  StateStore store = Store();
  Run(store);
  std::stop_source stop;
  stop.request_stop();
  const auto sequences = store.Sequences();
  ASSERT_FALSE(sequences.empty());
  const Status written = Directory().Write(sequences.front(), stop.get_token());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kCancelled);
  EXPECT_THAT(Files(), testing::IsEmpty());
}

TEST_F(StateDirectoryTest, KnowsWhichFilesAStateIsOf) {
  StateStore store = Store();
  Run(store);
  StateStore::Sequence sequence = store.Sequences().front();
  sequence.origins = {"/home/me/a.py", std::string(100, 'x')};
  ASSERT_TRUE(Directory().Write(sequence));
  const auto origins = ReadStateOrigins(Files()[0]);
  ASSERT_TRUE(origins);
  EXPECT_EQ(*origins, sequence.origins);
  const auto read = Directory().Read(Files()[0]);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->origins, sequence.origins);
  // A byte of a path.
  std::string damaged = Read(Files()[0]);
  damaged[130] ^= 1;
  Write(Files()[0], damaged);
  EXPECT_EQ(ReadStateOrigins(Files()[0]).error().code, ErrorCode::kBadFile);
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
