// SPDX-License-Identifier: Apache-2.0
// Whoever else is in the batch: a sequence gets, bit for bit, what it gets
// alone.
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
      std::vector<Session*> batch;
      std::vector<TokenId> tokens;
      for (size_t i = 0; i < together.size(); ++i) {
        // First all, then some, then one.
        if (round > 0 && Random(0, round) > 1) continue;
        tokens.push_back(RandomToken());
        batch.push_back(together[i].get());
        alone[i]->Decode(tokens.back());
      }
      if (batch.empty()) continue;
      DecodeBatch(batch, tokens);
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
      std::vector<Session*> batch;
      for (const auto& fork : forks) batch.push_back(fork.get());
      DecodeBatch(batch, tokens);
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
  std::vector<Session*> batch;
  for (size_t i = 0; i < 3; ++i) {
    resumed.push_back(std::make_unique<Session>(model_, pool_));
    for (const auto& block : whole) resumed[i]->Replay(block, kBlockTokens);
    resumed[i]->Replay(last, prompt.size() % kBlockTokens);
    batch.push_back(resumed[i].get());
  }
  const auto tokens = RandomTokens(batch.size());
  const auto more = RandomTokens(batch.size());
  DecodeBatch(batch, tokens);
  DecodeBatch(batch, more);
  for (size_t i = 0; i < batch.size(); ++i) {
    Session alone(model_, pool_);
    ASSERT_TRUE(alone.Prefill(prompt));
    alone.Decode(tokens[i]);
    alone.Decode(more[i]);
    EXPECT_EQ(Logits(*batch[i]), Logits(alone)) << i;
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
