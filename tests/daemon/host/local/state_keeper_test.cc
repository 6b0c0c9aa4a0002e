// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/state_keeper.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/host/local/forget_mark.h"
#include "daemon/host/local/forget_states.h"
#include "engine/run/warm_session.h"
#include "engine/threads/topology.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using engine::StateStore;

constexpr size_t kPlenty = size_t{1} << 30;
constexpr auto kPatience = std::chrono::minutes(1);

class StateKeeperTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) /
            ("krait_keeper_" + std::to_string(getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_);
    fs::copy(KRAIT_TEST_DATA "/models/mamba2-tiny/hf", root_ / "model");
    auto model = engine::Model::Load(root_ / "model");
    ASSERT_TRUE(model);
    model_ = *model;
    for (engine::TokenId i = 0; i < 150; ++i) {
      tokens_.push_back(i * 7 % 90 + 16);
    }
  }
  void TearDown() override { fs::remove_all(root_); }

  StateStore Store() const {
    return StateStore(engine::StateNeeds(model_->hyperparameters()), kPlenty);
  }
  // Runs the tokens in the store, as text of `origin`; returns how many had to
  // be computed.
  size_t Run(StateStore& store, const std::string& origin) {
    engine::WarmResources shared(model_, pool_, store);
    engine::WarmSession session(shared);
    const auto cost = session.Advance(
        tokens_, {.origin = origin.empty()
                                ? nullptr
                                : std::make_shared<const std::string>(origin)});
    EXPECT_TRUE(cost);
    return cost->computed;
  }
  std::unique_ptr<StateKeeper> Keeper() const {
    return std::make_unique<StateKeeper>(
        model_,
        StateKeeperOptions{.directory = root_ / "states",
                           .limits = {},
                           .load_bytes = kPlenty,
                           .stamp = engine::StampModel(root_ / "model"),
                           .fingerprints = root_ / "fingerprints",
                           .forget_mark = root_ / "forgotten",
                           .may_save = [secret = (root_ / "secret").string()](
                                           const std::string& file) {
                             return !file.starts_with(secret);
                           }});
  }
  void Save(const std::string& origin) {
    StateStore store = Store();
    Run(store, origin);
    const auto keeper = Keeper();
    keeper->Save(store.Sequences());
    EXPECT_TRUE(keeper->Finish(kPatience));
    keeper->Exchange(&store);
  }
  size_t Files() const { return engine::ListStates(root_ / "states").size(); }

  fs::path root_;
  std::shared_ptr<const engine::Model> model_;
  engine::WorkerPool pool_{engine::PlanThreads(1)};
  std::vector<engine::TokenId> tokens_;
};

TEST_F(StateKeeperTest, WhatWasSavedIsBroughtBack) {
  Save("/project/a.py");
  EXPECT_EQ(Files(), 1U);
  StateStore store = Store();
  const auto keeper = Keeper();
  EXPECT_TRUE(keeper->Finish(kPatience));
  EXPECT_EQ(store.held_bytes(), 0U);
  keeper->Exchange(&store);
  EXPECT_EQ(Run(store, "/project/a.py"), 1U);
}

TEST_F(StateKeeperTest, WhatMayNotBeSavedIsNot) {
  Save(root_ / "secret" / "a.py");
  Save("");  // no file
  EXPECT_EQ(Files(), 0U);
  // A link does not hide it.
  fs::create_directories(root_ / "secret");
  fs::create_directory_symlink(root_ / "secret", root_ / "link");
  Save(root_ / "link" / "a.py");
  EXPECT_EQ(Files(), 0U);
}

TEST_F(StateKeeperTest, OfTheSameTextInTwoFilesOneThatMayNotBeSavedCounts) {
  StateStore store = Store();
  Run(store, "/project/a.py");
  Run(store, root_ / "secret" / "a.py");
  const auto keeper = Keeper();
  keeper->Save(store.Sequences());
  EXPECT_TRUE(keeper->Finish(kPatience));
  EXPECT_EQ(Files(), 0U);
}

TEST_F(StateKeeperTest, NothingIsSavedOfAModelThatWasChanged) {
  StateStore store = Store();
  Run(store, "/project/a.py");
  const auto keeper = Keeper();
  EXPECT_TRUE(keeper->Finish(kPatience));
  std::ofstream(root_ / "model" / "config.json", std::ios::app) << " ";
  keeper->Save(store.Sequences());
  const auto saved = keeper->Finish(kPatience);
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error().message, testing::HasSubstr("was changed"));
  EXPECT_EQ(Files(), 0U);
}

TEST_F(StateKeeperTest, AnotherModelTakesNothingOfIt) {
  Save("/project/a.py");
  // The weights and the shape are the same.
  std::ofstream(root_ / "model" / "config.json", std::ios::app) << " ";
  StateStore store = Store();
  const auto keeper = Keeper();
  EXPECT_TRUE(keeper->Finish(kPatience));
  keeper->Exchange(&store);
  EXPECT_EQ(store.held_bytes(), 0U);
}

TEST_F(StateKeeperTest, ForgetsWhatIsBelowADirectory) {
  Save("/project/a.py");
  tokens_[0] = 20;
  Save("/other/b.py");
  const auto keeper = Keeper();
  EXPECT_TRUE(keeper->Finish(kPatience));
  std::promise<size_t> forgotten;
  keeper->Forget({.paths = {"/project"}},
                 [&](size_t count) { forgotten.set_value(count); });
  EXPECT_EQ(forgotten.get_future().get(), 1U);
  EXPECT_EQ(Files(), 1U);
  StateStore store = Store();
  keeper->Exchange(&store);
  EXPECT_EQ(Run(store, "/other/b.py"), 1U);
  std::promise<size_t> all;
  keeper->Forget({.all = true}, [&](size_t count) { all.set_value(count); });
  EXPECT_EQ(all.get_future().get(), 1U);
  EXPECT_EQ(Files(), 0U);
}

TEST_F(StateKeeperTest, WhatAnotherProcessForgotIsNotSavedAgain) {
  ASSERT_TRUE(ForgetMark::Set(root_ / "forgotten"));
  StateStore store = Store();
  const auto keeper = Keeper();
  EXPECT_TRUE(keeper->Finish(kPatience));
  Run(store, "/project/a.py");
  keeper->Save(store.Sequences());
  EXPECT_TRUE(keeper->Finish(kPatience));
  EXPECT_FALSE(keeper->TakeForgotten());
  EXPECT_EQ(Files(), 1U);

  ASSERT_TRUE(ForgetMark::Set(root_ / "forgotten"));
  EXPECT_EQ(ForgetStates(root_ / "states", {.all = true}), 1U);
  keeper->Save(store.Sequences());
  EXPECT_TRUE(keeper->Finish(kPatience));
  EXPECT_EQ(Files(), 0U);
  EXPECT_TRUE(keeper->TakeForgotten());
  EXPECT_FALSE(keeper->TakeForgotten());

  // What is made from then on is saved.
  store.Clear();
  Run(store, "/project/a.py");
  keeper->Save(store.Sequences());
  EXPECT_TRUE(keeper->Finish(kPatience));
  EXPECT_EQ(Files(), 1U);
}

// It has forgotten what was in memory, too.
TEST_F(StateKeeperTest, ItsOwnForgettingIsNoNews) {
  StateStore store = Store();
  const auto keeper = Keeper();
  EXPECT_TRUE(keeper->Finish(kPatience));
  ASSERT_TRUE(ForgetMark::Set(root_ / "forgotten"));
  std::promise<size_t> forgotten;
  keeper->Forget({.all = true},
                 [&](size_t count) { forgotten.set_value(count); });
  EXPECT_EQ(forgotten.get_future().get(), 0U);
  Run(store, "/project/a.py");
  keeper->Save(store.Sequences());
  EXPECT_TRUE(keeper->Finish(kPatience));
  EXPECT_FALSE(keeper->TakeForgotten());
  EXPECT_EQ(Files(), 1U);
}

TEST_F(StateKeeperTest, APromptThatIsBeingReadGoesOnFromAStateThatComes) {
  tokens_.resize(1000, 50);
  Save("/project/a.py");
  StateStore store = Store();
  const auto keeper = Keeper();
  EXPECT_TRUE(keeper->Finish(kPatience));
  engine::WarmResources shared(model_, pool_, store);
  engine::WarmSession session(shared);
  ASSERT_TRUE(session.Begin(tokens_, {}));
  ASSERT_TRUE(session.RunSlice());
  keeper->Exchange(&store);
  while (!session.done()) ASSERT_TRUE(session.RunSlice());
  EXPECT_LT(session.cost().computed, 500U);
  const auto warm = session.Fork().logits();

  StateStore none(engine::StateNeeds(model_->hyperparameters()), 0);
  engine::WarmResources alone(model_, pool_, none);
  engine::WarmSession cold(alone);
  ASSERT_TRUE(cold.Advance(tokens_, {}));
  const auto expected = cold.Fork().logits();
  EXPECT_TRUE(
      std::equal(warm.begin(), warm.end(), expected.begin(), expected.end()));
}

TEST_F(StateKeeperTest, ADiskThatDoesNotAnswerHoldsUpNobody) {
  Save("/project/a.py");
  const fs::path file = engine::ListStates(root_ / "states")[0].path;
  fs::remove(file);
  // Opening a pipe that nobody reads waits for ever.
  const std::string pipe =
      file.string() + "." + std::to_string(getpid()) + ".tmp";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  StateStore store = Store();
  Run(store, "/project/a.py");
  auto keeper = Keeper();
  EXPECT_TRUE(keeper->Finish(kPatience));
  keeper->Save(store.Sequences());
  EXPECT_EQ(Run(store, "/project/a.py"), 1U);
  (void)keeper->Finish(std::chrono::milliseconds(100));
  keeper.reset();
  // Lets go of the thread that was left behind.
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  while (fs::exists(pipe)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  close(reader);
}

TEST_F(StateKeeperTest, EndsWhileItHasMuchToDo) {
  StateStore store = Store();
  for (engine::TokenId i = 0; i < 20; ++i) {
    tokens_[0] = 20 + i;
    Run(store, "/project/a.py");
  }
  const auto keeper = Keeper();
  keeper->Save(store.Sequences());
}

}  // namespace
}  // namespace krait::daemon
