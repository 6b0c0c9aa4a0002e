// SPDX-License-Identifier: Apache-2.0
// The invariant of the whole program: whatever was run before, kept, evicted,
// cut short or rolled back, a prompt's logits are those of a cold run, bit for
// bit.
#include "engine/run/warm_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "engine/model/architecture.h"
#include "tests/engine/run/model_case.h"

namespace krait::engine {
namespace {

class WarmSessionTest : public testing::TestWithParam<ModelCase> {
 protected:
  void SetUp() override {
    model_ = LoadCase(GetParam());
    ASSERT_NE(model_, nullptr);
  }

  TokenId RandomToken() {
    return std::uniform_int_distribution<TokenId>(
        16, static_cast<TokenId>(model_->hyperparameters().vocab - 1))(random_);
  }
  size_t RandomSize(size_t least, size_t most) {
    return std::uniform_int_distribution<size_t>(least, most)(random_);
  }
  std::vector<TokenId> RandomTokens(size_t count) {
    std::vector<TokenId> tokens(count);
    for (TokenId& token : tokens) token = RandomToken();
    return tokens;
  }

  std::vector<float> ColdLogits(std::span<const TokenId> tokens) {
    Session cold(model_, pool_);
    EXPECT_TRUE(cold.Prefill(tokens));
    return {cold.logits().begin(), cold.logits().end()};
  }

  StateStore Store(size_t budget) {
    return StateStore(StateNeeds(model_->hyperparameters()), budget);
  }

  std::shared_ptr<const Model> model_;
  WorkerPool pool_{PlanThreads(2)};
  std::mt19937 random_{42};
};

constexpr size_t kPlenty = size_t{1} << 30;

#ifdef KRAIT_SANITIZED
constexpr size_t kSteps = 5;
#else
constexpr size_t kSteps = 40;
#endif

TEST_P(WarmSessionTest, TypingComputesWhatWasTyped) {
  StateStore store = Store(kPlenty);
  WarmResources shared(model_, pool_, store);
  WarmSession warm(shared);
  std::vector<TokenId> tokens = RandomTokens(200);
  const auto first = warm.Advance(tokens, {});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->computed, 200U);
  for (size_t typed = 0; typed < 70; ++typed) {
    tokens.push_back(RandomToken());
    EXPECT_EQ(shared.CountMissing(tokens), 1U);
    const auto cost = warm.Advance(tokens, {});
    ASSERT_TRUE(cost);
    EXPECT_EQ(cost->computed, 1U);
    EXPECT_EQ(cost->reused + cost->replayed + cost->computed, tokens.size());
  }
  const std::span<const float> logits = warm.Fork().logits();
  EXPECT_EQ(std::vector<float>(logits.begin(), logits.end()),
            ColdLogits(tokens));
}

TEST_P(WarmSessionTest, StepsBackAreReplayedNotComputed) {
  StateStore store = Store(kPlenty);
  WarmResources shared(model_, pool_, store);
  WarmSession warm(shared);
  std::vector<TokenId> tokens = RandomTokens(330);
  ASSERT_TRUE(warm.Advance(tokens, {}));
  for (size_t back = 0; back < 100; back += 7) {
    const auto prompt = std::span(tokens).first(tokens.size() - back);
    const auto cost = warm.Advance(prompt, {});
    ASSERT_TRUE(cost);
    EXPECT_EQ(cost->computed, 1U) << back << " tokens back";
    const auto logits = warm.Fork().logits();
    ASSERT_EQ(std::vector<float>(logits.begin(), logits.end()),
              ColdLogits(prompt));
  }
}

TEST_P(WarmSessionTest, AnEditCostsItsDistanceNotTheFile) {
  StateStore store = Store(kPlenty);
  WarmResources shared(model_, pool_, store);
  WarmSession warm(shared);
  const std::vector<TokenId> tokens = RandomTokens(1100);
  ASSERT_TRUE(warm.Advance(tokens, {}));
  for (const size_t distance : {200U, 500U, 900U}) {
    std::vector<TokenId> edited = tokens;
    edited[tokens.size() - distance] = RandomToken();
    const auto cost = warm.Advance(edited, {});
    ASSERT_TRUE(cost);
    EXPECT_LE(cost->computed, 2 * distance + 2 * kBlockTokens);
  }
}

TEST_P(WarmSessionTest, CheckpointsAreKept) {
  StateStore store = Store(kPlenty);
  WarmResources shared(model_, pool_, store);
  WarmSession warm(shared);
  const std::vector<TokenId> tokens = RandomTokens(1100);
  const std::vector<size_t> checkpoints = {100, 300, 500, 700, 900};
  ASSERT_TRUE(warm.Advance(tokens, {.checkpoints = checkpoints}));
  for (const size_t checkpoint : checkpoints) {
    std::vector<TokenId> edited(
        tokens.begin(), tokens.begin() + static_cast<ptrdiff_t>(checkpoint));
    edited.push_back(RandomToken());
    EXPECT_LE(shared.CountMissing(edited), kBlockTokens + 1);
  }
}

TEST_P(WarmSessionTest, AStoppedAdvanceKeepsWhatItDid) {
  StateStore store = Store(kPlenty);
  WarmResources shared(model_, pool_, store);
  WarmSession warm(shared);
  const std::vector<TokenId> tokens = RandomTokens(600);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = warm.Advance(tokens, {}, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  ASSERT_TRUE(warm.Advance(std::span(tokens).first(300), {}));
  ASSERT_FALSE(warm.Advance(tokens, {}, stop.get_token()));
  const auto rest = warm.Advance(tokens, {});
  ASSERT_TRUE(rest);
  EXPECT_LE(rest->computed, 301U);
}

// Several prompts that take turns, some of which begin alike, in a store that
// has room for one: between two slices others run, finish and evict.
TEST_P(WarmSessionTest, PromptsThatTakeTurnsEqualColdRuns) {
  Session probe(model_, pool_);
  ASSERT_TRUE(probe.Prefill(RandomTokens(64)));
  StateStore store = Store(2 * probe.state().bytes());
  WarmResources shared(model_, pool_, store);
  std::vector<std::vector<TokenId>> prompts = {RandomTokens(500),
                                               RandomTokens(70)};
  prompts.push_back(prompts[0]);
  prompts[2].resize(300);
  prompts[2].push_back(RandomToken());
  std::vector<std::unique_ptr<WarmSession>> sessions;
  for (const auto& prompt : prompts) {
    sessions.push_back(std::make_unique<WarmSession>(shared));
    ASSERT_TRUE(sessions.back()->Begin(prompt, {}));
  }
  for (bool left = true; left;) {
    left = false;
    for (const auto& session : sessions) {
      if (session->done()) continue;
      ASSERT_TRUE(session->RunSlice());
      left = left || !session->done();
    }
  }
  for (size_t i = 0; i < prompts.size(); ++i) {
    const auto logits = sessions[i]->Fork().logits();
    EXPECT_EQ(std::vector<float>(logits.begin(), logits.end()),
              ColdLogits(prompts[i]))
        << i;
    const PrefillCost& cost = sessions[i]->cost();
    EXPECT_EQ(cost.reused + cost.replayed + cost.computed, prompts[i].size());
  }
}

TEST_P(WarmSessionTest, RefusesWhatIsNoPrompt) {
  StateStore store = Store(kPlenty);
  WarmResources shared(model_, pool_, store);
  WarmSession warm(shared);
  EXPECT_EQ(warm.Advance({}, {}).error().code, ErrorCode::kInvalidArgument);
  const std::vector<TokenId> foreign = {
      1, static_cast<TokenId>(model_->hyperparameters().vocab)};
  EXPECT_EQ(warm.Advance(foreign, {}).error().code,
            ErrorCode::kInvalidArgument);
}

// Random typing, deleting, jumping and returning in several "files", with a
// budget for a few states, and decoding on forks in between.
TEST_P(WarmSessionTest, EveryPromptEqualsAColdRunUnderRandomEdits) {
  Session probe(model_, pool_);
  ASSERT_TRUE(probe.Prefill(RandomTokens(64)));
  const size_t state_bytes = probe.state().bytes();
  for (const size_t states : {3U, 12U}) {
    StateStore store = Store(states * state_bytes);
    WarmResources shared(model_, pool_, store);
    WarmSession warm(shared);
    std::vector<std::vector<TokenId>> files;
    for (size_t i = 0; i < 3; ++i) {
      files.push_back(RandomTokens(RandomSize(1, 300)));
    }
    for (size_t step = 0; step < kSteps; ++step) {
      std::vector<TokenId>& file = files[RandomSize(0, files.size() - 1)];
      const size_t at = RandomSize(0, file.size());
      const auto place = file.begin() + static_cast<ptrdiff_t>(at);
      switch (RandomSize(0, 3)) {
        case 0: {  // paste
          const auto pasted = RandomTokens(RandomSize(1, 90));
          file.insert(place, pasted.begin(), pasted.end());
          break;
        }
        case 1:  // delete
          file.erase(place,
                     place + static_cast<ptrdiff_t>(RandomSize(
                                 0, std::min<size_t>(90, file.size() - at))));
          break;
        default:  // type at the end
          for (size_t n = RandomSize(1, 5); n > 0; --n) {
            file.push_back(RandomToken());
          }
      }
      if (file.empty()) file.push_back(RandomToken());
      const auto prompt = std::span(file).first(
          RandomSize(0, 2) == 0 ? RandomSize(1, file.size()) : file.size());
      const size_t missing = shared.CountMissing(prompt);
      const auto cost = warm.Advance(prompt, {});
      ASSERT_TRUE(cost);
      EXPECT_EQ(cost->computed, missing);
      Session& fork = warm.Fork();
      ASSERT_EQ(std::vector<float>(fork.logits().begin(), fork.logits().end()),
                ColdLogits(prompt))
          << "step " << step << ", " << prompt.size() << " tokens, "
          << cost->reused << " reused, " << cost->replayed << " replayed";
      for (size_t n = RandomSize(0, 4); n > 0; --n) fork.Decode(RandomToken());
      EXPECT_LE(store.held_bytes(), store.budget_bytes());
    }
  }
}

// A real model takes minutes under them: there warm_completion_test has it.
#ifndef KRAIT_SANITIZED
// What holds of some architectures is to hold of one that is added.
TEST(EveryModelTest, IsOneOfEachArchitecture) {
  std::set<Architecture> tested;
  for (const ModelCase& model : EveryModelAnd({})) {
    tested.insert(LoadCase(model)->hyperparameters().architecture);
  }
  for (const ArchitectureInfo* info : Architectures()) {
    EXPECT_TRUE(tested.contains(info->architecture)) << info->name;
  }
}
#endif

INSTANTIATE_TEST_SUITE_P(Models, WarmSessionTest,
                         testing::ValuesIn(EveryModelAnd({
#ifndef KRAIT_SANITIZED
                             ModelCase{"default", KRAIT_DEFAULT_MODEL},
#endif
                             ModelCase{"hybrid_window", "", 100},
                         })),
                         NameOfCase);

}  // namespace
}  // namespace krait::engine
