// SPDX-License-Identifier: Apache-2.0
// Mamba-1 in files that are wrong in one place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "engine/model/hf_config.h"
#include "engine/model/hyperparameters.h"
#include "tests/engine/model/gguf_recipe.h"

namespace krait::engine {
namespace {

using ::testing::HasSubstr;

// Of one layer, 64 channels with a state of 4 each.
Recipe Mamba() {
  return {.uints = {{"mamba.embedding_length", 32},
                    {"mamba.block_count", 1},
                    {"mamba.ssm.conv_kernel", 4},
                    {"mamba.ssm.inner_size", 64},
                    {"mamba.ssm.state_size", 4},
                    {"mamba.ssm.time_step_rank", 2}},
          .strings = {{"general.architecture", "mamba"}},
          .floats = {{"mamba.attention.layer_norm_rms_epsilon", 1e-5F}},
          .bools = {},
          .tensors = {{"token_embd.weight", {32, 3}},
                      {"output_norm.weight", {32}},
                      {"blk.0.attn_norm.weight", {32}},
                      {"blk.0.ssm_in.weight", {32, 128}},
                      {"blk.0.ssm_conv1d.weight", {4, 64}},
                      {"blk.0.ssm_conv1d.bias", {64}},
                      {"blk.0.ssm_x.weight", {64, 10}},
                      {"blk.0.ssm_dt.weight", {2, 64}},
                      {"blk.0.ssm_dt.bias", {64}},
                      {"blk.0.ssm_a", {4, 64}},
                      {"blk.0.ssm_d", {64}},
                      {"blk.0.ssm_out.weight", {64, 32}}},
          .types = {}};
}

void ExpectRefused(const std::function<void(Recipe*)>& change,
                   const std::string& message) {
  Recipe recipe = Mamba();
  change(&recipe);
  EXPECT_THAT(MessageOf(recipe), HasSubstr(message));
}

TEST(Mamba1ModelTest, TheUnchangedFileLoads) {
  EXPECT_EQ(MessageOf(Mamba()), "");
  Recipe said = Mamba();
  said.bools["mamba.ssm.dt_b_c_rms"] = false;
  EXPECT_EQ(MessageOf(said), "");
  // As Hugging Face has it.
  Recipe grouped = Mamba();
  grouped.tensors["blk.0.ssm_conv1d.weight"] = {4, 1, 64};
  EXPECT_EQ(MessageOf(grouped), "");
}

TEST(Mamba1ModelTest, SizesThatCannotBeAreRefusedByName) {
  const auto expect = [](const std::string& key, uint32_t value,
                         const std::string& message) {
    ExpectRefused([&](Recipe* r) { r->uints["mamba.ssm." + key] = value; },
                  message);
  };
  for (const uint32_t value : {0U, 70'000U, 0xFFFF'FFFFU}) {
    expect("state_size", value, "state (ssm.state_size): expected 1 to 65536");
  }
  for (const uint32_t value : {0U, 2'000'000U, 0xFFFF'FFFFU}) {
    expect("time_step_rank", value, "dt_rank (ssm.time_step_rank): expected 1");
    expect("inner_size", value, "d_inner (ssm.inner_size, intermediate_size)");
  }
  for (const uint32_t value : {0U, 1U, 65U, 0xFFFF'FFFFU}) {
    expect("conv_kernel", value, "conv_width (ssm.conv_kernel)");
  }
}

TEST(Mamba1ModelTest, KeysThatAreMissingAreNamed) {
  for (const char* key : {"mamba.ssm.conv_kernel", "mamba.ssm.inner_size",
                          "mamba.ssm.state_size", "mamba.ssm.time_step_rank"}) {
    ExpectRefused([key](Recipe* r) { r->uints.erase(key); },
                  "'" + std::string(key) + "' is missing");
  }
}

TEST(Mamba1ModelTest, SizesThatTheTensorsDoNotHaveAreRefused) {
  const auto expect = [](const std::string& key, uint32_t value,
                         const std::string& message) {
    ExpectRefused([&](Recipe* r) { r->uints["mamba.ssm." + key] = value; },
                  message);
  };
  expect("state_size", 5, "'blk.0.ssm_x.weight': expected shape [12, 64]");
  expect("time_step_rank", 3, "'blk.0.ssm_x.weight': expected shape [11, 64]");
  expect("inner_size", 63, "'blk.0.ssm_in.weight': expected shape [126, 32]");
  expect("conv_kernel", 3, "'blk.0.ssm_conv1d.weight': expected shape [64, 3]");
}

TEST(Mamba1ModelTest, EachTensorIsNeededInItsShape) {
  const Recipe good = Mamba();
  for (const auto& tensor : good.tensors) {
    const std::string& name = tensor.first;
    if (!name.starts_with("blk.")) continue;
    ExpectRefused([&](Recipe* r) { r->tensors.erase(name); },
                  "'" + name + "' ");
    ExpectRefused([&](Recipe* r) { ++r->tensors[name].back(); },
                  "'" + name + "': expected shape");
  }
  // Mamba-2's.
  ExpectRefused(
      [](Recipe* r) {
        r->tensors["blk.0.ssm_a"] = {1, 64};
      },
      "'blk.0.ssm_a': expected shape [64, 4]");
  // [d_inner, state] the other way round.
  ExpectRefused(
      [](Recipe* r) {
        r->tensors["blk.0.ssm_a"] = {64, 4};
      },
      "'blk.0.ssm_a': expected shape [64, 4]");
}

TEST(Mamba1ModelTest, WhatWouldBeComputedDifferentlyIsRefused) {
  ExpectRefused([](Recipe* r) { r->bools["mamba.ssm.dt_b_c_rms"] = true; },
                "not supported yet: mamba.ssm.dt_b_c_rms");
  for (const char* name :
       {"blk.0.ssm_dt_norm.weight", "blk.0.ssm_b_norm.weight",
        "blk.0.ssm_norm.weight", "blk.0.ssm_in.bias", "blk.0.ffn_up.weight"}) {
    ExpectRefused([name](Recipe* r) { r->tensors[name] = {4}; },
                  "not supported yet: tensor '" + std::string(name));
  }
}

TEST(Mamba1ModelTest, TwoKindsOfMambaInOneModelAreRefused) {
  Hyperparameters h;
  h.vocab = 100;
  h.d_model = 64;
  h.layers = 2;
  h.layer_pattern = {{.mixer = MixerKind::kMamba1},
                     {.mixer = MixerKind::kMamba2}};
  h.mamba1 = {.d_inner = 128, .state = 16, .dt_rank = 4, .conv_width = 4};
  h.mamba2 = {.d_inner = 128,
              .heads = 8,
              .head_dim = 16,
              .state = 16,
              .groups = 2,
              .conv_width = 4};
  const Status status = CheckHyperparameters(h, "file");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("in one model"));
  h.layers = 1;
  EXPECT_TRUE(CheckHyperparameters(h, "file"));
}

// Hugging Face's config.json -------------------------------------------------

// A good configuration with `extra` fields before its own, without the rank.
Result<HfConfig> Parse(const std::string& extra) {
  return ParseHfConfig("{" + extra + R"("architectures": ["MambaForCausalLM"],
      "model_type": "mamba", "hidden_size": 72, "num_hidden_layers": 3,
      "vocab_size": 512, "intermediate_size": 144, "state_size": 16,
      "conv_kernel": 4, "layer_norm_epsilon": 1e-05})",
                       "dir/config.json");
}

void ExpectConfigRefused(const std::string& extra, const std::string& message) {
  const Result<HfConfig> config = Parse(extra);
  ASSERT_FALSE(config) << extra;
  EXPECT_THAT(config.error().message, HasSubstr("dir/config.json: "));
  EXPECT_THAT(config.error().message, HasSubstr(message));
}

TEST(Mamba1ModelTest, TheRankIsANumberOrFollowsFromTheWidth) {
  const Result<HfConfig> number = Parse(R"("time_step_rank": 7,)");
  ASSERT_TRUE(number) << number.error().message;
  EXPECT_EQ(number->hparams.mamba1.dt_rank, 7U);
  EXPECT_EQ(number->hparams.mamba1.d_inner, 144U);
  EXPECT_EQ(number->hparams.mamba1.state, 16U);
  EXPECT_EQ(number->hparams.mamba1.conv_width, 4U);
  const Result<HfConfig> word = Parse(R"("time_step_rank": "auto",)");
  ASSERT_TRUE(word) << word.error().message;
  EXPECT_EQ(word->hparams.mamba1.dt_rank, 5U);
  ExpectConfigRefused(R"("time_step_rank": "many",)", "a number or 'auto'");
  ExpectConfigRefused(R"("time_step_rank": -1,)", "time_step_rank");
  ExpectConfigRefused("", "time_step_rank");
}

TEST(Mamba1ModelTest, TheEmbeddingIsTheHeadUnlessTheConfigurationSaysNo) {
  EXPECT_TRUE(Parse(R"("time_step_rank": 7,)")->tied);
  EXPECT_FALSE(
      Parse(R"("time_step_rank": 7, "tie_word_embeddings": false,)")->tied);
}

TEST(Mamba1ModelTest, ConfigurationsOfOtherVariantsAreRefused) {
  const std::string rank = R"("time_step_rank": 7,)";
  ExpectConfigRefused(rank + R"("use_bias": true,)",
                      "not supported yet: use_bias true");
  ExpectConfigRefused(rank + R"("use_conv_bias": false,)",
                      "not supported yet: use_conv_bias false");
  ExpectConfigRefused(rank + R"("hidden_act": "gelu",)",
                      "not supported yet: hidden_act 'gelu'");
}

}  // namespace
}  // namespace krait::engine
