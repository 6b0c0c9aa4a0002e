// SPDX-License-Identifier: Apache-2.0
// A state that went back goes on, bit for bit, as if it had never gone further.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <span>
#include <vector>

#include "engine/run/session.h"
#include "engine/run/warm_session.h"
#include "tests/engine/run/model_case.h"

namespace krait::engine {
namespace {

class RewindTest : public testing::TestWithParam<ModelCase> {
 protected:
  void SetUp() override {
    model_ = LoadCase(GetParam());
    ASSERT_NE(model_, nullptr);
  }

  std::vector<TokenId> RandomTokens(size_t count) {
    std::uniform_int_distribution<TokenId> token(
        16, static_cast<TokenId>(model_->hyperparameters().vocab - 1));
    std::vector<TokenId> tokens(count);
    for (TokenId& t : tokens) t = token(random_);
    return tokens;
  }

  std::vector<float> Feed(Session& session, std::span<const TokenId> tokens) {
    EXPECT_TRUE(session.Prefill(tokens));
    return {session.logits().begin(), session.logits().end()};
  }

  std::vector<float> Cold(std::vector<TokenId> tokens,
                          std::span<const TokenId> more) {
    tokens.insert(tokens.end(), more.begin(), more.end());
    Session cold(model_, pool_);
    return Feed(cold, tokens);
  }

  // Whether a state that has been fed `from` tokens in prefills still has what
  // going back to `to` takes.
  bool IsRecorded(size_t from, size_t to) const {
    const Hyperparameters& hparams = model_->hyperparameters();
    const size_t window = hparams.attention.sliding_window;
    if (hparams.IsRecurrent() && to < GridFloor(from)) return false;
    if (window == 0 || from <= window || to == 0) return true;
    const size_t first_block = (from - window) / kBlockTokens;
    return first_block == 0 ||
           (to > window && (to - window) / kBlockTokens >= first_block);
  }

  std::shared_ptr<const Model> model_;
  WorkerPool pool_{PlanThreads(2)};
  std::mt19937 random_{42};
};

TEST_P(RewindTest, ItGoesOnWithTheBitsOfAColdRun) {
  const std::vector<TokenId> tokens = RandomTokens(250);
  const std::vector<TokenId> other = RandomTokens(90);
  for (const size_t back : {249U, 248U, 200U, 193U, 192U, 191U, 100U, 0U}) {
    Session session(model_, pool_);
    Feed(session, tokens);
    Session fork(model_, pool_);
    fork.CopyFrom(session);
    ASSERT_EQ(session.state().Rewind(back), IsRecorded(250, back)) << back;
    if (!IsRecorded(250, back)) continue;
    EXPECT_EQ(session.state().position(), back);
    const std::vector<TokenId> kept(
        tokens.begin(), tokens.begin() + static_cast<ptrdiff_t>(back));
    EXPECT_EQ(Feed(session, other), Cold(kept, other)) << back;
    // Who shared its blocks has not noticed.
    EXPECT_EQ(Feed(fork, other), Cold(tokens, other)) << back;
  }
}

// As a draft model's tokens are tried and taken back.
TEST_P(RewindTest, SomeAtATimeManyTimes) {
  std::vector<TokenId> tokens = RandomTokens(100);
  Session session(model_, pool_);
  Feed(session, tokens);
  for (size_t round = 0; round < 30; ++round) {
    const std::vector<TokenId> draft = RandomTokens(5);
    Feed(session, draft);
    const size_t wanted = tokens.size() + round % 4;
    const size_t fed = tokens.size() + draft.size();
    ASSERT_EQ(session.state().Rewind(wanted), IsRecorded(fed, wanted));
    if (!IsRecorded(fed, wanted)) {  // then the draft stays
      EXPECT_EQ(session.state().position(), fed);
      tokens.insert(tokens.end(), draft.begin(), draft.end());
      continue;
    }
    tokens.insert(tokens.end(), draft.begin(),
                  draft.begin() + static_cast<ptrdiff_t>(round % 4));
    const std::vector<TokenId> next = RandomTokens(1);
    ASSERT_EQ(Feed(session, next), Cold(tokens, next)) << round;
    tokens.push_back(next.front());
  }
}

TEST_P(RewindTest, WhatIsNotRecordedIsRefusedAndNothingChanges) {
  const std::vector<TokenId> tokens = RandomTokens(200);
  const std::vector<TokenId> other = RandomTokens(3);
  Session session(model_, pool_);
  Feed(session, tokens);
  EXPECT_FALSE(session.state().Rewind(201));
  EXPECT_TRUE(session.state().Rewind(200));
  const bool gone = !IsRecorded(200, 100);
  EXPECT_EQ(session.state().Rewind(100), !gone);
  EXPECT_EQ(session.state().position(), gone ? 200U : 100U);
  EXPECT_EQ(Feed(session, other),
            Cold({tokens.begin(), tokens.begin() + (gone ? 200 : 100)}, other));
}

// What is stored of a state that went back is of the tokens that it went on
// with.
TEST_P(RewindTest, TheStoreTakesItForWhatItIs) {
  StateStore store(StateNeeds(model_->hyperparameters()), size_t{1} << 30);
  WarmResources shared(model_, pool_, store);
  std::vector<TokenId> tokens = RandomTokens(190);
  Session session(model_, shared.executor);
  Feed(session, tokens);
  ASSERT_TRUE(session.state().Rewind(170));
  tokens.resize(170);
  const std::vector<TokenId> other = RandomTokens(100);
  Feed(session, other);
  tokens.insert(tokens.end(), other.begin(), other.end());
  store.Finish(tokens, session.state(), {});
  EXPECT_EQ(store.CountKnown(tokens), tokens.size());
  WarmSession warm(shared);
  const std::vector<TokenId> more = RandomTokens(20);
  const std::vector<float> expected = Cold(tokens, more);
  tokens.insert(tokens.end(), more.begin(), more.end());
  const auto cost = warm.Advance(tokens, {});
  ASSERT_TRUE(cost);
  EXPECT_EQ(cost->computed, more.size());
  const auto logits = warm.Fork().logits();
  EXPECT_EQ(std::vector<float>(logits.begin(), logits.end()), expected);
}

INSTANTIATE_TEST_SUITE_P(Models, RewindTest,
                         testing::ValuesIn(EveryModelAnd({ModelCase{
                             "hybrid_window", "", 100}})),
                         NameOfCase);

}  // namespace
}  // namespace krait::engine
