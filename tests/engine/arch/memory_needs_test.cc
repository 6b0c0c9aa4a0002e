// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/memory_needs.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/arch/model.h"
#include "engine/run/session.h"
#include "engine/threads/topology.h"
#include "engine/threads/worker_pool.h"

namespace krait::engine {
namespace {

class MemoryNeedsTest : public testing::TestWithParam<const char*> {};

// A prompt and its continuation, as a completion has them.
TEST_P(MemoryNeedsTest, CoverWhatASequenceTakes) {
  const auto model =
      Model::Load(std::string(KRAIT_TEST_DATA "/models/") + GetParam());
  ASSERT_TRUE(model) << model.error().message;
  WorkerPool pool(PlanThreads(1));
  for (const size_t tokens : {1U, 64U, 300U, 700U}) {
    const MemoryNeeds needs =
        MemoryNeedsOf((*model)->hyperparameters(), tokens);
    Session prompt(*model, pool);
    ASSERT_TRUE(prompt.Prefill(std::vector<TokenId>(tokens, 5)));
    Session continuation(*model, pool);
    continuation.CopyFrom(prompt);
    continuation.Decode(5);
    EXPECT_LE(prompt.state().bytes(), needs.state_bytes) << tokens;
    EXPECT_LE(continuation.state().bytes(), needs.state_bytes) << tokens;
    if (tokens < 300) continue;
    // No guess in the dark either.
    EXPECT_GE(16 * prompt.state().bytes(), needs.state_bytes) << tokens;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryKindOfLayer, MemoryNeedsTest,
                         testing::Values("mamba1-tiny/hf", "mamba2-tiny/hf",
                                         "llama3-tiny/hf", "mistral-tiny/hf",
                                         "mixtral-tiny/hf", "granite-h-tiny/hf",
                                         "falcon-h1-tiny/hf"));

Hyperparameters Mistral7B() {
  Hyperparameters hparams;
  hparams.architecture = Architecture::kLlama;
  hparams.vocab = 32000;
  hparams.d_model = 4096;
  hparams.layers = 32;
  hparams.layer_pattern = {{MixerKind::kAttention, FeedForwardKind::kSwiGlu}};
  hparams.attention.heads = 32;
  hparams.attention.kv_heads = 8;
  hparams.attention.head_dim = 128;
  hparams.d_ff = 14336;
  return hparams;
}

// 32 layers x 2 x 8 heads x 128 x 4 bytes = 256 KiB for a token.
TEST(MemoryNeedsShapeTest, KeysAndValuesGrowWithTheSequence) {
  const Hyperparameters hparams = Mistral7B();
  constexpr size_t kPerToken = size_t{256} << 10;
  EXPECT_EQ(MemoryNeedsOf(hparams, 3072).state_bytes, (3072 + 128) * kPerToken);
  EXPECT_EQ(MemoryNeedsOf(hparams, 6144).state_bytes, (6144 + 128) * kPerToken);
  EXPECT_EQ(MemoryNeedsOf(hparams, 3072).batch_bytes,
            MemoryNeedsOf(hparams, 6144).batch_bytes);
}

TEST(MemoryNeedsShapeTest, AWindowBoundsThem) {
  Hyperparameters hparams = Mistral7B();
  hparams.attention.sliding_window = 1024;
  EXPECT_EQ(MemoryNeedsOf(hparams, 3072).state_bytes,
            MemoryNeedsOf(hparams, 100'000).state_bytes);
  EXPECT_LT(MemoryNeedsOf(hparams, 3072).state_bytes,
            MemoryNeedsOf(Mistral7B(), 3072).state_bytes);
}

}  // namespace
}  // namespace krait::engine
