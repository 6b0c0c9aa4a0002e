// SPDX-License-Identifier: Apache-2.0
// The tree itself, with a state that only counts; that what it gives back is
// right is shown in tests/engine/run/warm_session_test.cc.
#include "engine/state/state_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <vector>

namespace krait::engine {
namespace {

constexpr size_t kFloats = 100;
constexpr size_t kPieceBytes = kFloats * sizeof(float);

class FakeBlock : public StateBlock {
 public:
  size_t bytes() const override { return kPieceBytes; }
  void AppendRows(size_t, std::vector<float>*) const override {}
};

class FakeSnapshot : public StateSnapshot {
 public:
  std::span<const float> values() const override { return values_; }

 private:
  std::vector<float> values_ = std::vector<float>(kFloats);
};

class FakeState : public State {
 public:
  std::unique_ptr<State> Clone() const override { return nullptr; }
  void CopyFrom(const State&) override {}
  void Reset() override { position_ = 0; }
  void Restore(size_t position, std::shared_ptr<const StateSnapshot>) override {
    position_ = position;
  }
  std::shared_ptr<const StateSnapshot> snapshot() const override {
    return std::make_shared<FakeSnapshot>();
  }
  std::shared_ptr<const StateBlock> last_block() const override {
    return std::make_shared<FakeBlock>();
  }
  size_t bytes() const override { return 0; }
  std::vector<StateTensor> Export() const override { return {}; }

  void Feed(size_t to) {
    for (size_t end = GridFloor(position_) + kBlockTokens; end <= to;
         end += kBlockTokens) {
      whole_blocks_.push_back(std::make_shared<FakeBlock>());
    }
    position_ = to;
  }
};

std::vector<TokenId> Sequence(size_t size, TokenId first = 0) {
  std::vector<TokenId> tokens(size);
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

Resumption Mamba() {
  Hyperparameters hparams;
  hparams.architecture = Architecture::kMamba2;
  return Resumption(hparams);
}

void Feed(StateStore& store, std::span<const TokenId> tokens) {
  FakeState state;
  const ResumePoint point = store.Find(tokens);
  state.Restore(point.position, point.snapshot);
  state.Feed(tokens.size());
  store.Finish(tokens, state, {});
}

TEST(StateStoreTest, KnowsNothingAtFirst) {
  StateStore store(Mamba(), 1 << 20);
  EXPECT_EQ(store.CountKnown(Sequence(200)), 0U);
  EXPECT_EQ(store.held_bytes(), 0U);
}

TEST(StateStoreTest, KnowsTheLongestCommonBeginning) {
  StateStore store(Mamba(), 1 << 20);
  Feed(store, Sequence(200));
  EXPECT_EQ(store.CountKnown(Sequence(200)), 200U);
  EXPECT_EQ(store.CountKnown(Sequence(300)), 200U);
  EXPECT_EQ(store.CountKnown(Sequence(199)), 199U);
  std::vector<TokenId> parted = Sequence(200);
  parted[195] = 9999;
  EXPECT_EQ(store.CountKnown(parted), 195U);
  EXPECT_EQ(store.CountKnown(Sequence(200, 1)), 0U);
}

TEST(StateStoreTest, SequencesThatPartInOneBlockAreBothKept) {
  StateStore store(Mamba(), 1 << 20);
  std::vector<TokenId> a = Sequence(90);
  std::vector<TokenId> b = a;
  b[80] = 9999;
  Feed(store, a);
  Feed(store, b);
  EXPECT_EQ(store.CountKnown(a), 90U);
  EXPECT_EQ(store.CountKnown(b), 90U);
}

TEST(StateStoreTest, TypingDoesNotPileUpTails) {
  StateStore store(Mamba(), 1 << 20);
  for (size_t size = 65; size < 120; ++size) Feed(store, Sequence(size));
  // A snapshot, the block before it, and one tail.
  EXPECT_EQ(store.held_bytes(), 3 * kPieceBytes);
}

TEST(StateStoreTest, KeepsFewSnapshotsOfALongSequence) {
  StateStore store(Mamba(), 1 << 20);
  for (size_t size = 64; size <= 64 * 100; size += 64) {
    Feed(store, Sequence(size));
  }
  EXPECT_LE(store.snapshots(), 16U);
  EXPECT_GE(store.snapshots(), 7U);
  // An edit d tokens back costs O(d).
  for (size_t distance = 128; distance < 6400; distance *= 2) {
    const size_t known = store.CountKnown(Sequence(6400 - distance));
    EXPECT_GE(known + 2 * distance, 6400 - distance) << distance;
  }
}

TEST(StateStoreTest, StaysWithinItsBudget) {
  StateStore store(Mamba(), 20 * kPieceBytes);
  for (TokenId file = 0; file < 50; ++file) {
    Feed(store, Sequence(300, file * 10000));
    EXPECT_LE(store.held_bytes(), 20 * kPieceBytes);
  }
}

TEST(StateStoreTest, WhatWasUsedLastIsKept) {
  StateStore store(Mamba(), 20 * kPieceBytes);
  const std::vector<TokenId> favourite = Sequence(300);
  for (TokenId file = 1; file < 50; ++file) {
    Feed(store, favourite);
    Feed(store, Sequence(300, file * 10000));
  }
  EXPECT_GE(store.CountKnown(favourite), 256U);
  EXPECT_EQ(store.CountKnown(Sequence(300, 10000)), 0U);
}

TEST(StateStoreTest, GivesBackWhatIsLeastWorth) {
  StateStore store(Mamba(), 1 << 20);
  EXPECT_EQ(store.LeastUse(), std::nullopt);
  const auto begin = StateStore::Clock::now();
  Feed(store, Sequence(2000));
  const auto between = StateStore::Clock::now();
  ASSERT_GE(*store.LeastUse(), begin);
  Feed(store, Sequence(2000, 5000));
  EXPECT_LT(*store.LeastUse(), between);
  const size_t held = store.held_bytes();
  store.GiveBack(3 * kPieceBytes);
  EXPECT_EQ(store.held_bytes(), held - 3 * kPieceBytes);
  EXPECT_GT(store.CountKnown(Sequence(2000, 5000)), 1900U);
  store.GiveBack(held);
  EXPECT_EQ(store.held_bytes(), 0U);
  EXPECT_EQ(store.CountKnown(Sequence(2000, 5000)), 0U);
}

TEST(StateStoreTest, WithoutABudgetNothingIsKept) {
  StateStore store(Mamba(), 0);
  Feed(store, Sequence(300));
  EXPECT_EQ(store.held_bytes(), 0U);
  EXPECT_EQ(store.CountKnown(Sequence(300)), 0U);
}

TEST(StateStoreTest, GivesItsSequencesAndTakesThemBack) {
  StateStore store(Mamba(), 1 << 20);
  Feed(store, Sequence(200));
  Feed(store, Sequence(100, 5000));
  const auto sequences = store.Sequences();
  ASSERT_EQ(sequences.size(), 2U);
  StateStore other(Mamba(), 1 << 20);
  for (const auto& sequence : sequences) {
    other.Insert(sequence);
  }
  EXPECT_EQ(other.CountKnown(Sequence(200)), 200U);
  EXPECT_EQ(other.CountKnown(Sequence(100, 5000)), 100U);
}

}  // namespace
}  // namespace krait::engine
