// SPDX-License-Identifier: Apache-2.0
// A model in parts is the model, bit for bit, where the same processor runs
// them all. (How its states are kept and gone on from is a case of the tests of
// engine/run, model_case.h.)

#include "engine/arch/layer_chain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/run/generation.h"
#include "engine/run/session.h"
#include "engine/state/recurrent_layout.h"
#include "engine/state/state_codec.h"
#include "tests/engine/run/hybrid_model.h"
#include "tests/engine/run/parted_model.h"

namespace krait::engine {
namespace {

class LayerChainTest : public testing::Test {
 protected:
  static std::shared_ptr<const Model> InParts(std::vector<size_t> counts,
                                              size_t window = 0) {
    return MakeParted(
        {.file = std::make_unique<HybridFile>(window), .tokenizer = nullptr},
        counts);
  }

  static std::vector<TokenId> Tokens(size_t count) {
    std::vector<TokenId> tokens(count);
    for (size_t i = 0; i < count; ++i) {
      tokens[i] = static_cast<TokenId>((i * 7919 + 13) % 200);
    }
    return tokens;
  }

  WorkerPool pool_{PlanThreads(2)};
};

TEST_F(LayerChainTest, IsTheWhole) {
  const auto whole = MakeHybrid();
  const auto tokens = Tokens(150);
  Session expected(whole, pool_);
  std::vector<float> expected_logits;
  ASSERT_TRUE(expected.PrefillAllLogits(tokens, &expected_logits));
  const auto expected_state = expected.ExportState();
  const size_t expected_bytes = expected.state().bytes();
  const GenerateOptions options{.max_tokens = 20,
                                .ignore_end_of_sequence = true};
  const auto expected_text = Generate(expected, options).tokens;
  for (const std::vector<size_t>& counts :
       {std::vector<size_t>{1}, {2}, {1, 1}}) {
    const auto model = InParts(counts);
    ASSERT_NE(model, nullptr);
    EXPECT_EQ(model->DecodeBytes(), whole->DecodeBytes());
    Session session(model, pool_);
    std::vector<float> logits;
    ASSERT_TRUE(session.PrefillAllLogits(tokens, &logits));
    EXPECT_EQ(logits, expected_logits);
    const auto state = session.ExportState();
    ASSERT_EQ(state.size(), expected_state.size());
    for (size_t i = 0; i < state.size(); ++i) {
      EXPECT_EQ(state[i].name, expected_state[i].name);
      EXPECT_EQ(state[i].values, expected_state[i].values) << state[i].name;
    }
    EXPECT_EQ(session.state().bytes(), expected_bytes);
    EXPECT_EQ(Generate(session, options).tokens, expected_text);
  }
}

TEST_F(LayerChainTest, IsNamedByWhereItIsCut) {
  EXPECT_EQ(
      InParts({1})->ExecutorName(),
      "1 layers: " + Executor::Name() + ", 2 layers: " + Executor::Name());
  EXPECT_NE(InParts({1})->ExecutorName(), InParts({2})->ExecutorName());
}

// As a file has them, which knows of no parts.
TEST_F(LayerChainTest, PiecesAreThoseOfTheWhole) {
  const auto whole = MakeHybrid(16);
  const auto model = InParts({1, 1}, 16);
  const StateCodec codec(model->hyperparameters());
  const auto tokens = Tokens(140);
  Session of_whole(whole, pool_);
  Session session(model, pool_);
  ASSERT_TRUE(of_whole.Prefill(tokens));
  ASSERT_TRUE(session.Prefill(tokens));
  // What fills a row up to whole cache lines is nobody's.
  const RecurrentLayout layout = RecurrentLayoutOf(whole->hyperparameters());
  const auto rows = [&](const BlockPieces& block, size_t count) {
    std::vector<float> values;
    AppendRows(block, count, &values);
    for (size_t row = 0; row < layout.layers * count; ++row) {
      const auto begin =
          values.begin() + static_cast<ptrdiff_t>(row * layout.row_size);
      std::fill(begin + static_cast<ptrdiff_t>(layout.shape.inputs),
                begin + static_cast<ptrdiff_t>(layout.row_size), 0.0F);
    }
    return values;
  };
  EXPECT_EQ(rows(session.state().last_block(), 12),
            rows(of_whole.state().last_block(), 12));
  const auto theirs = of_whole.state().snapshot();
  const auto ours = session.state().snapshot();
  ASSERT_NE(ours, nullptr);
  EXPECT_EQ(std::vector(ours->values().begin(), ours->values().end()),
            std::vector(theirs->values().begin(), theirs->values().end()));
  EXPECT_EQ(ours->bytes(), theirs->bytes());
  const auto our_blocks = session.state().TakeWholeBlocks();
  const auto their_blocks = of_whole.state().TakeWholeBlocks();
  ASSERT_EQ(our_blocks.size(), 2U);
  EXPECT_EQ(rows(our_blocks[1], kBlockTokens),
            rows(their_blocks[1], kBlockTokens));
  // Those of the whole are gone on from by the parts.
  const auto more = Tokens(20);
  ASSERT_TRUE(session.Prefill(more));
  Session again(model, pool_);
  std::vector<std::shared_ptr<StateBlock>> kv;
  for (const BlockPieces& block : their_blocks) kv.push_back(block.kv);
  again.state().Restore(128, theirs, kv);
  again.Replay(of_whole.state().last_block(), 12);
  ASSERT_TRUE(again.Prefill(more));
  EXPECT_EQ(std::vector(again.logits().begin(), again.logits().end()),
            std::vector(session.logits().begin(), session.logits().end()));
}

}  // namespace
}  // namespace krait::engine
