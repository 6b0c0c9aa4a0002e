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
  explicit FakeState(const StateNeeds& needs) : needs_(needs) {}

  std::unique_ptr<State> Clone() const override { return nullptr; }
  void CopyFrom(const State&) override {}
  void Reset() override { position_ = 0; }
  void Restore(size_t position, std::shared_ptr<StateSnapshot>,
               std::span<const std::shared_ptr<StateBlock>>) override {
    position_ = position;
  }
  bool CanRewind(size_t) const override { return false; }
  bool Rewind(size_t) override { return false; }
  std::shared_ptr<StateSnapshot> snapshot() const override {
    return needs_.snapshot ? std::make_shared<FakeSnapshot>() : nullptr;
  }
  BlockPieces last_block() const override {
    return {.log = needs_.snapshot ? std::make_shared<FakeBlock>() : nullptr,
            .kv = needs_.kv ? std::make_shared<FakeBlock>() : nullptr};
  }
  size_t bytes() const override { return 0; }
  std::vector<StateTensor> Export() const override { return {}; }

  void Feed(size_t to) {
    for (size_t end = GridFloor(position_) + kBlockTokens; end <= to;
         end += kBlockTokens) {
      whole_blocks_.push_back(last_block());
    }
    position_ = to;
  }

 private:
  StateNeeds needs_;
};

std::vector<TokenId> Sequence(size_t size, TokenId first = 0) {
  std::vector<TokenId> tokens(size);
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

StateNeeds NeedsOf(std::vector<LayerKind> layers) {
  Hyperparameters hparams;
  hparams.layers = layers.size();
  hparams.layer_pattern = std::move(layers);
  return StateNeeds(hparams);
}

constexpr LayerKind kRecurrent{.mixer = MixerKind::kMamba2};
constexpr LayerKind kAttention{.mixer = MixerKind::kAttention};

StateNeeds Mamba() {
  return NeedsOf({kRecurrent});
}

StateNeeds Transformer() {
  return NeedsOf({kAttention});
}

StateNeeds Hybrid() {
  return NeedsOf({kRecurrent, kRecurrent, kAttention});
}

void Feed(StateStore& store, std::span<const TokenId> tokens,
          const StateNeeds& needs = Mamba()) {
  FakeState state(needs);
  const ResumePoint point = store.Find(tokens);
  state.Restore(GridFloor(point.end()), nullptr, {});
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

// Each kind of model resumes with all that its layers need and no more.
TEST(StateStoreTest, APointHasWhatTheLayersNeed) {
  for (const StateNeeds& needs : {Mamba(), Transformer(), Hybrid()}) {
    StateStore store(needs, 1 << 20);
    for (size_t size = 64; size <= 1000; size += 64) {
      Feed(store, Sequence(size), needs);
    }
    Feed(store, Sequence(1000), needs);
    for (const size_t size : {100U, 640U, 999U, 1000U}) {
      const ResumePoint point = store.Find(Sequence(size));
      EXPECT_EQ(point.snapshot != nullptr,
                needs.snapshot && point.position > 0);
      EXPECT_EQ(point.kv_before.size() * kBlockTokens,
                needs.kv ? point.position : 0);
      EXPECT_TRUE(point.whole());
      for (const BlockPieces& block : point.blocks) {
        EXPECT_EQ(block.log != nullptr, needs.snapshot);
        EXPECT_EQ(block.kv != nullptr, needs.kv);
      }
      EXPECT_TRUE(point.tail_rows == 0 || needs.MetBy(point.tail));
    }
    EXPECT_EQ(store.CountKnown(Sequence(1000)), 1000U);
  }
}

TEST(StateStoreTest, ATransformerKeepsAllKeysAndAHybridFewLogs) {
  StateStore transformer(Transformer(), 1 << 20);
  StateStore hybrid(Hybrid(), 1 << 20);
  for (size_t size = 64; size <= 64 * 50; size += 64) {
    Feed(transformer, Sequence(size), Transformer());
    Feed(hybrid, Sequence(size), Hybrid());
  }
  EXPECT_EQ(transformer.held_bytes(), 50 * kPieceBytes);
  EXPECT_EQ(hybrid.held_bytes(), (50 + 2 + hybrid.snapshots()) * kPieceBytes);
  EXPECT_LE(hybrid.snapshots(), 14U);
}

// Where keys and values are missing no snapshot helps, and without a snapshot
// no keys.
TEST(StateStoreTest, AHybridWithoutRoomForAllNeverResumesWithAPart) {
  for (size_t pieces = 0; pieces < 60; ++pieces) {
    StateStore store(Hybrid(), pieces * kPieceBytes);
    for (TokenId file = 0; file < 3; ++file) {
      Feed(store, Sequence(700, file * 10000), Hybrid());
      const ResumePoint point = store.Find(Sequence(700, file * 10000));
      EXPECT_TRUE(point.whole());
      EXPECT_EQ(point.kv_before.size() * kBlockTokens, point.position);
      EXPECT_EQ(point.snapshot != nullptr, point.position > 0);
    }
    EXPECT_LE(store.held_bytes(), pieces * kPieceBytes);
  }
}

TEST(StateStoreTest, AHybridsSequencesAreTakenBackWhole) {
  StateStore store(Hybrid(), 1 << 20);
  Feed(store, Sequence(320), Hybrid());
  Feed(store, Sequence(500), Hybrid());
  StateStore other(Hybrid(), 1 << 20);
  for (const auto& sequence : store.Sequences()) {
    EXPECT_EQ(sequence.tokens.size(), 500U);
    other.Insert(sequence);
  }
  EXPECT_EQ(other.CountKnown(Sequence(600)), 500U);
  EXPECT_TRUE(other.Find(Sequence(500)).whole());
}

}  // namespace
}  // namespace krait::engine
