// SPDX-License-Identifier: Apache-2.0
#include "engine/run/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/run/generation.h"

namespace krait::engine {
namespace {

// Runs the default model: the real thing, and small.
class SessionTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto loaded = Model::Load(KRAIT_DEFAULT_MODEL);
    ASSERT_TRUE(loaded) << loaded.error().message;
    model_ = new std::shared_ptr<const Model>(*loaded);
    pool_ = new WorkerPool(PlanThreads(2));
  }
  static void TearDownTestSuite() {
    delete model_;
    delete pool_;
  }

  static std::vector<TokenId> Tokens(size_t count) {
    std::vector<TokenId> tokens = {1};
    for (TokenId i = 1; i < count; ++i) {
      tokens.push_back(16 + i * 2654435761U % 8000);
    }
    return tokens;
  }

  static std::vector<float> LogitsAfter(Session& session,
                                        std::span<const TokenId> tokens) {
    const Status fed = session.Prefill(tokens);
    EXPECT_TRUE(fed);
    return {session.logits().begin(), session.logits().end()};
  }

  static std::vector<float> TensorValues(Session& session) {
    std::vector<float> values;
    for (const StateTensor& tensor : session.ExportState()) {
      values.insert(values.end(), tensor.values.begin(), tensor.values.end());
    }
    return values;
  }

  static std::shared_ptr<const Model>* model_;
  static WorkerPool* pool_;
};
std::shared_ptr<const Model>* SessionTest::model_ = nullptr;
WorkerPool* SessionTest::pool_ = nullptr;

TEST_F(SessionTest, HasNoLogitsBeforeTheFirstToken) {
  const Session session(*model_, *pool_);
  EXPECT_TRUE(session.logits().empty());
}

TEST_F(SessionTest, RefusesTokensOutsideOfTheVocabularyAndStaysAsItWas) {
  Session session(*model_, *pool_);
  const std::vector<TokenId> tokens = {1, 8192};
  const Status fed = session.Prefill(tokens);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(fed.error().message, testing::HasSubstr("8192 at index 1"));
  EXPECT_EQ(session.state().position(), 0U);
}

TEST_F(SessionTest, HowAPrefillIsCutDoesNotShowInABit) {
#ifdef KRAIT_SANITIZED
  const std::vector<TokenId> tokens = Tokens(200);
  const std::vector<std::vector<size_t>> all_cuts = {{63, 65, 128, 191}};
#else
  const std::vector<TokenId> tokens = Tokens(700);
  const std::vector<std::vector<size_t>> all_cuts = {
      {64},
      {1},
      {63, 65},
      {256, 300, 301, 302, 303, 400},
      {100, 128, 191, 192, 193, 640},
      {699},
      {10, 697, 698, 699}};
#endif
  Session whole(*model_, *pool_);
  const std::vector<float> expected = LogitsAfter(whole, tokens);
  for (const std::vector<size_t>& cuts : all_cuts) {
    Session cut(*model_, *pool_);
    std::vector<float> logits;
    size_t done = 0;
    for (size_t i = 0; i <= cuts.size(); ++i) {
      const size_t end = i < cuts.size() ? cuts[i] : tokens.size();
      logits = LogitsAfter(cut, std::span(tokens).subspan(done, end - done));
      done = end;
    }
    EXPECT_EQ(logits, expected) << "cut at " << testing::PrintToString(cuts);
    EXPECT_EQ(TensorValues(cut), TensorValues(whole));
  }
}

TEST_F(SessionTest, ReplayingGivesTheSameBitsAsComputing) {
  const std::vector<TokenId> tokens = Tokens(400);
  Session computed(*model_, *pool_);
  const std::vector<float> expected = LogitsAfter(computed, tokens);
  Session recorder(*model_, *pool_);
  LogitsAfter(recorder, std::span(tokens).first(390));
  const auto blocks = recorder.state().TakeWholeBlocks();
  ASSERT_EQ(blocks.size(), 6U);  // 384 tokens
  const auto last = recorder.state().last_block();
  for (const size_t rows : {6U, 1U, 4U}) {
    Session replayed(*model_, *pool_);
    for (const auto& block : blocks) replayed.Replay(block, kBlockTokens);
    replayed.Replay(last, rows);
    EXPECT_EQ(replayed.state().position(), 384 + rows);
    EXPECT_EQ(LogitsAfter(replayed, std::span(tokens).subspan(384 + rows)),
              expected);
  }
}

TEST_F(SessionTest, StatesThatShareABlockDoNotDisturbEachOther) {
  const std::vector<TokenId> tokens = Tokens(100);
  Session session(*model_, *pool_);
  LogitsAfter(session, tokens);
  const std::vector<TokenId> a = {100, 200, 300};
  const std::vector<TokenId> b = {400, 500};
  const auto after = [&](std::span<const TokenId> more) {
    std::vector<TokenId> all = tokens;
    all.insert(all.end(), more.begin(), more.end());
    Session cold(*model_, *pool_);
    return LogitsAfter(cold, all);
  };
  const auto tail = session.state().last_block();
  const auto base = session.state().snapshot();
  const auto resume = [&](Session& to) {
    to.state().Restore(64, base, {});
    to.Replay(tail, 36);
  };
  Session first(*model_, *pool_);
  Session second(*model_, *pool_);
  resume(first);
  resume(second);
  EXPECT_EQ(LogitsAfter(first, a), after(a));
  EXPECT_EQ(LogitsAfter(second, b), after(b));
  EXPECT_EQ(LogitsAfter(session, a), after(a));
  // Decoding goes on from a copy and leaves the original alone.
  Session fork(*model_, *pool_);
  fork.CopyFrom(first);
  for (const TokenId token : b) fork.Decode(token);
  std::vector<TokenId> more = a;
  more.insert(more.end(), b.begin(), b.end());
  EXPECT_EQ(LogitsAfter(first, b), after(more));
}

TEST_F(SessionTest, ThreadsDoNotChangeTheResult) {
  const std::vector<TokenId> tokens = Tokens(300);
  Session two(*model_, *pool_);
  const std::vector<float> expected = LogitsAfter(two, tokens);
  for (const size_t threads : {1U, 3U}) {
    WorkerPool pool(PlanThreads(threads));
    Session session(*model_, pool);
    EXPECT_EQ(LogitsAfter(session, tokens), expected) << threads;
  }
}

TEST_F(SessionTest, StopsBetweenBatches) {
  Session session(*model_, *pool_);
  std::stop_source stop;
  stop.request_stop();
  const Status fed = session.Prefill(Tokens(1000), stop.get_token());
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, ErrorCode::kCancelled);
}

TEST_F(SessionTest, GeneratesGreedilyTheSameTwice) {
  const std::vector<TokenId> prompt = Tokens(20);
  std::vector<TokenId> first;
  for (int round = 0; round < 2; ++round) {
    Session session(*model_, *pool_);
    LogitsAfter(session, prompt);
    GenerateOptions options{.max_tokens = 12, .ignore_end_of_sequence = true};
    const Generation generation = Generate(session, options);
    EXPECT_EQ(generation.tokens.size(), 12U);
    EXPECT_EQ(generation.reason, StopReason::kMaxTokens);
    EXPECT_LT(generation.sum_logprob, 0);
    if (round == 0) first = generation.tokens;
    EXPECT_EQ(generation.tokens, first);
  }
}

// What a sliding window has passed goes: a sequence may be as long as it likes.
TEST_F(SessionTest, AWindowsKeysDoNotPileUp) {
  const auto mistral = Model::Load(KRAIT_TEST_DATA "/models/mistral-tiny/hf");
  const auto llama = Model::Load(KRAIT_TEST_DATA "/models/llama3-tiny/hf");
  ASSERT_TRUE(mistral && llama);
  const size_t window = (*mistral)->hyperparameters().attention.sliding_window;
  ASSERT_GT(window, 0U);
  const auto bytes_after = [&](const auto& model, size_t tokens) {
    Session session(model, *pool_);
    std::vector<TokenId> ids(tokens - 10, 20);
    LogitsAfter(session, ids);
    for (size_t i = 0; i < 10; ++i) session.Decode(21);
    return session.state().bytes();
  };
  EXPECT_EQ(bytes_after(*mistral, 1024), bytes_after(*mistral, 4096));
  const size_t row = bytes_after(*mistral, 12) / 12;
  EXPECT_LE(bytes_after(*mistral, 4096), row * (window + kBlockTokens));
  EXPECT_EQ(bytes_after(*llama, 1024) * 4, bytes_after(*llama, 4096));
}

TEST_F(SessionTest, CallbackAndCancellationEndAGeneration) {
  const std::vector<TokenId> prompt = Tokens(20);
  Session session(*model_, *pool_);
  LogitsAfter(session, prompt);
  size_t calls = 0;
  GenerateOptions options{.max_tokens = 50, .ignore_end_of_sequence = true};
  options.on_token = [&](TokenId, float) { return ++calls < 3; };
  EXPECT_EQ(Generate(session, options).reason, StopReason::kCallback);
  EXPECT_EQ(calls, 3U);

  std::stop_source stop;
  options.on_token = [&](TokenId, float) {
    stop.request_stop();
    return true;
  };
  const Generation cut = Generate(session, options, stop.get_token());
  EXPECT_EQ(cut.reason, StopReason::kCancelled);
  EXPECT_EQ(cut.tokens.size(), 1U);
}

// Also where others are finite, and where the end of the text would be picked.
TEST_F(SessionTest, LogitsThatAreNoNumbersEndAGeneration) {
  for (const float broken : {std::numeric_limits<float>::quiet_NaN(),
                             std::numeric_limits<float>::infinity()}) {
    for (const float temperature : {0.0F, 1.0F}) {
      GenerateOptions options{.sampler = {.temperature = temperature},
                              .max_tokens = 2};
      TokenPicker picker(**model_, options);
      std::vector<float> logits(64, 1.0F);
      logits[63] = broken;
      EXPECT_EQ(picker.Pick(logits), StopReason::kNotFinite);
      EXPECT_TRUE(picker.generation().tokens.empty());
    }
  }
}

TEST_F(SessionTest, LikeliestAreThoseOfTheDistribution) {
  constexpr size_t kTokens = 64;
  std::vector<float> logits(kTokens, 0.0F);
  logits[3] = std::log(8.0F);
  logits[5] = -std::numeric_limits<float>::infinity();
  logits[9] = std::log(4.0F);
  const float log_sum = std::log(static_cast<float>(kTokens - 3) + 12.0F);
  GenerateOptions options{.max_tokens = 2, .ignore_end_of_sequence = true};
  options.likeliest = 3;
  TokenPicker picker(**model_, options);
  ASSERT_FALSE(picker.Pick(logits));
  ASSERT_EQ(picker.likeliest().size(), 3U);
  // Of equals the lower id comes first.
  const std::vector<TokenId> ids = {3, 9, 0};
  const std::vector<float> weights = {8, 4, 1};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(picker.likeliest()[i].id, ids[i]);
    EXPECT_NEAR(picker.likeliest()[i].logprob, std::log(weights[i]) - log_sum,
                1e-5);
  }
  // What cannot come is none of them.
  std::vector<float> one(kTokens, -std::numeric_limits<float>::infinity());
  one[7] = 1;
  picker.Pick(one);
  ASSERT_EQ(picker.likeliest().size(), 1U);
  EXPECT_EQ(picker.likeliest()[0].id, 7U);
  EXPECT_FLOAT_EQ(picker.likeliest()[0].logprob, 0);
}

}  // namespace
}  // namespace krait::engine
