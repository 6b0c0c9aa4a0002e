// SPDX-License-Identifier: Apache-2.0
// Whoever else is in the batch, and whatever is guessed to follow: a sequence
// gets, bit for bit, what it gets alone, token by token.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/run/session.h"
#include "tests/engine/run/model_case.h"

namespace krait::engine {
namespace {

#ifdef KRAIT_SANITIZED
constexpr size_t kRounds = 4;
#else
constexpr size_t kRounds = 12;
#endif

class DecodeBatchTest : public testing::TestWithParam<ModelCase> {
 protected:
  void SetUp() override {
    model_ = LoadCase(GetParam());
    ASSERT_NE(model_, nullptr);
  }

  size_t Random(size_t least, size_t most) {
    return std::uniform_int_distribution<size_t>(least, most)(random_);
  }
  TokenId RandomToken() {
    return static_cast<TokenId>(Random(1, model_->hyperparameters().vocab - 1));
  }
  std::vector<TokenId> RandomTokens(size_t count) {
    std::vector<TokenId> tokens(count);
    for (TokenId& token : tokens) token = RandomToken();
    return tokens;
  }

  static std::vector<float> Logits(const Session& session) {
    return {session.logits().begin(), session.logits().end()};
  }

  static std::vector<float> TensorValues(Session& session) {
    std::vector<float> values;
    for (const StateTensor& tensor : session.ExportState()) {
      values.insert(values.end(), tensor.values.begin(), tensor.values.end());
    }
    return values;
  }

  std::shared_ptr<const Model> model_;
  WorkerPool pool_{PlanThreads(2)};
  std::mt19937 random_{7};
};

// Sequences of all lengths, on the chunk grid and off it, of which any may sit
// out a round, decode beside ones that decode alone, on more and on fewer
// threads.
TEST_P(DecodeBatchTest, EachGetsTheBitsOfItsOwnStep) {
  const std::vector<size_t> lengths = {1, 5, 63, 64, 65, 100, 128, 30, 2};
  for (const size_t threads : {1U, 2U, 3U}) {
    WorkerPool pool(PlanThreads(threads));
    const auto executor =
        std::shared_ptr<Executor>(model_->NewExecutor(pool));  // for all
    std::vector<std::unique_ptr<Session>> together;
    std::vector<std::unique_ptr<Session>> alone;
    for (const size_t length : lengths) {
      const auto prompt = RandomTokens(length);
      together.push_back(std::make_unique<Session>(model_, executor));
      alone.push_back(std::make_unique<Session>(model_, pool_));
      ASSERT_TRUE(together.back()->Prefill(prompt));
      ASSERT_TRUE(alone.back()->Prefill(prompt));
    }
    for (size_t round = 0; round < kRounds; ++round) {
      std::vector<DecodeFeed> batch;
      for (size_t i = 0; i < together.size(); ++i) {
        // First all, then some, then one.
        if (round > 0 && Random(0, round) > 1) continue;
        const TokenId token = RandomToken();
        batch.push_back({.session = together[i].get(), .token = token});
        alone[i]->Decode(token);
      }
      if (batch.empty()) continue;
      DecodeBatch(batch);
      for (size_t i = 0; i < together.size(); ++i) {
        ASSERT_EQ(Logits(*together[i]), Logits(*alone[i]))
            << "sequence " << i << ", round " << round << ", " << threads
            << " threads";
      }
    }
    for (size_t i = 0; i < together.size(); ++i) {
      EXPECT_EQ(TensorValues(*together[i]), TensorValues(*alone[i])) << i;
    }
  }
}

// Forks share the pieces of their state until they change them, here all at
// once.
TEST_P(DecodeBatchTest, ForksOfOneStateDoNotDisturbEachOther) {
  for (const size_t length : {64U, 90U, 127U}) {
    const auto prompt = RandomTokens(length);
    Session origin(model_, pool_);
    ASSERT_TRUE(origin.Prefill(prompt));
    std::vector<std::unique_ptr<Session>> forks;
    std::vector<std::unique_ptr<Session>> alone;
    for (size_t i = 0; i < 3; ++i) {
      forks.push_back(std::make_unique<Session>(model_, pool_));
      forks.back()->CopyFrom(origin);
      alone.push_back(std::make_unique<Session>(model_, pool_));
      ASSERT_TRUE(alone.back()->Prefill(prompt));
    }
    for (size_t round = 0; round < 4; ++round) {
      const auto tokens = RandomTokens(forks.size());
      std::vector<DecodeFeed> batch;
      for (size_t i = 0; i < forks.size(); ++i) {
        batch.push_back({.session = forks[i].get(), .token = tokens[i]});
      }
      DecodeBatch(batch);
      for (size_t i = 0; i < forks.size(); ++i) {
        alone[i]->Decode(tokens[i]);
        ASSERT_EQ(Logits(*forks[i]), Logits(*alone[i]))
            << "fork " << i << " of " << length << " tokens, round " << round;
      }
    }
    // The origin stands where it stood.
    const auto more = RandomTokens(3);
    Session cold(model_, pool_);
    ASSERT_TRUE(cold.Prefill(prompt));
    ASSERT_TRUE(cold.Prefill(more));
    ASSERT_TRUE(origin.Prefill(more));
    EXPECT_EQ(Logits(origin), Logits(cold));
  }
}

// Sequences that were resumed from the same pieces hold one block, in which
// each of them could write on.
TEST_P(DecodeBatchTest, SequencesThatShareABlockDoNotDisturbEachOther) {
  const auto prompt = RandomTokens(90);
  Session origin(model_, pool_);
  ASSERT_TRUE(origin.Prefill(prompt));
  const auto whole = origin.state().TakeWholeBlocks();
  const auto last = origin.state().last_block();
  std::vector<std::unique_ptr<Session>> resumed;
  for (size_t i = 0; i < 3; ++i) {
    resumed.push_back(std::make_unique<Session>(model_, pool_));
    for (const auto& block : whole) resumed[i]->Replay(block, kBlockTokens);
    resumed[i]->Replay(last, prompt.size() % kBlockTokens);
  }
  const auto tokens = RandomTokens(resumed.size());
  const auto more = RandomTokens(resumed.size());
  for (const auto& next : {tokens, more}) {
    std::vector<DecodeFeed> batch;
    for (size_t i = 0; i < resumed.size(); ++i) {
      batch.push_back({.session = resumed[i].get(), .token = next[i]});
    }
    DecodeBatch(batch);
  }
  for (size_t i = 0; i < resumed.size(); ++i) {
    Session alone(model_, pool_);
    ASSERT_TRUE(alone.Prefill(prompt));
    alone.Decode(tokens[i]);
    alone.Decode(more[i]);
    EXPECT_EQ(Logits(*resumed[i]), Logits(alone)) << i;
  }
}

// Drafts of all lengths, of which some tokens come true: at the chunk grid and
// the sliding window, and beside sequences that have none.
TEST_P(DecodeBatchTest, ADraftGetsTheBitsOfAsManySteps) {
  const std::vector<size_t> lengths = {1, 5, 61, 63, 64, 100, 127, 2};
  const auto executor = std::shared_ptr<Executor>(model_->NewExecutor(pool_));
  std::vector<std::unique_ptr<Session>> together;
  std::vector<std::unique_ptr<Session>> alone;
  for (const size_t length : lengths) {
    const auto prompt = RandomTokens(length);
    together.push_back(std::make_unique<Session>(model_, executor));
    alone.push_back(std::make_unique<Session>(model_, pool_));
    ASSERT_TRUE(together.back()->Prefill(prompt));
    ASSERT_TRUE(alone.back()->Prefill(prompt));
  }
  for (size_t round = 0; round < kRounds; ++round) {
    std::vector<std::vector<TokenId>> drafts;
    std::vector<DecodeFeed> batch;
    for (size_t i = 0; i < together.size(); ++i) {
      drafts.push_back(RandomTokens(Random(0, 7)));
      batch.push_back({.session = together[i].get(),
                       .token = RandomToken(),
                       .draft = drafts.back()});
    }
    DecodeBatch(batch);
    for (size_t i = 0; i < together.size(); ++i) {
      alone[i]->Decode(batch[i].token);
      ASSERT_EQ(Logits(*together[i]), Logits(*alone[i]))
          << "sequence " << i << ", round " << round;
      const size_t taken = Random(0, drafts[i].size());
      for (size_t t = 0; t < taken; ++t) {
        ASSERT_TRUE(together[i]->TakeDraft(drafts[i][t]));
        alone[i]->Decode(drafts[i][t]);
        ASSERT_EQ(Logits(*together[i]), Logits(*alone[i]))
            << "sequence " << i << ", round " << round << ", token " << t;
      }
      if (taken < drafts[i].size()) {
        EXPECT_FALSE(together[i]->TakeDraft(drafts[i][taken] + 1));
      } else {
        EXPECT_FALSE(together[i]->TakeDraft(1));
      }
    }
  }
  for (size_t i = 0; i < together.size(); ++i) {
    together[i]->Decode(3);  // forgets what was not taken
    alone[i]->Decode(3);
    EXPECT_EQ(Logits(*together[i]), Logits(*alone[i])) << i;
    EXPECT_EQ(TensorValues(*together[i]), TensorValues(*alone[i])) << i;
  }
}

// A fork's draft leaves what it shares as it was.
TEST_P(DecodeBatchTest, ADraftDoesNotDisturbWhatItForked) {
  for (const size_t length : {64U, 90U, 126U}) {
    const auto prompt = RandomTokens(length);
    Session origin(model_, pool_);
    ASSERT_TRUE(origin.Prefill(prompt));
    Session fork(model_, pool_);
    fork.CopyFrom(origin);
    const auto draft = RandomTokens(7);
    const DecodeFeed feed{.session = &fork, .token = 5, .draft = draft};
    DecodeBatch({&feed, 1});
    ASSERT_TRUE(fork.TakeDraft(draft[0]));
    fork.Decode(7);
    const auto more = RandomTokens(3);
    Session cold(model_, pool_);
    ASSERT_TRUE(cold.Prefill(prompt));
    ASSERT_TRUE(cold.Prefill(more));
    ASSERT_TRUE(origin.Prefill(more));
    EXPECT_EQ(Logits(origin), Logits(cold));
    // And is forgotten by who becomes a copy of another.
    fork.CopyFrom(origin);
    EXPECT_FALSE(fork.TakeDraft(draft[1]));
    EXPECT_EQ(Logits(fork), Logits(origin));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, DecodeBatchTest,
    testing::ValuesIn(
        EveryModelAnd({ModelCase{"default", KRAIT_DEFAULT_MODEL},
                       ModelCase{"mamba1_f16", KRAIT_TEST_DATA
                                 "/models/mamba1-tiny/gguf/model-f16.gguf"},
                       ModelCase{"mamba2_q8", KRAIT_TEST_DATA
                                 "/models/mamba2-kq/gguf/model-Q8_0.gguf"},
                       ModelCase{"mistral_q8", KRAIT_TEST_DATA
                                 "/models/mistral-kq/gguf/model-Q8_0.gguf"}})),
    NameOfCase);

}  // namespace
}  // namespace krait::engine
