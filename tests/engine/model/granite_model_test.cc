// SPDX-License-Identifier: Apache-2.0
// Granite in files that are wrong in one place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <string>

#include "engine/model/hf_config.h"
#include "tests/engine/model/gguf_recipe.h"

namespace krait::engine {
namespace {

using ::testing::HasSubstr;

// Of one layer.
Recipe Granite() {
  return {.uints = {{"granite.embedding_length", 32},
                    {"granite.block_count", 1},
                    {"granite.attention.head_count", 4},
                    {"granite.attention.head_count_kv", 2},
                    {"granite.feed_forward_length", 64}},
          .strings = {{"general.architecture", "granite"}},
          .floats = {{"granite.attention.layer_norm_rms_epsilon", 1e-5F},
                     {"granite.attention.scale", 0.5F},
                     {"granite.embedding_scale", 12.0F},
                     {"granite.residual_scale", 0.2F},
                     {"granite.logit_scale", 8.0F}},
          .bools = {},
          .tensors = {{"token_embd.weight", {32, 3}},
                      {"output_norm.weight", {32}},
                      {"blk.0.attn_norm.weight", {32}},
                      {"blk.0.attn_q.weight", {32, 32}},
                      {"blk.0.attn_k.weight", {32, 16}},
                      {"blk.0.attn_v.weight", {32, 16}},
                      {"blk.0.attn_output.weight", {32, 32}},
                      {"blk.0.ffn_norm.weight", {32}},
                      {"blk.0.ffn_gate.weight", {32, 64}},
                      {"blk.0.ffn_up.weight", {32, 64}},
                      {"blk.0.ffn_down.weight", {64, 32}}},
          .types = {}};
}

void ExpectGraniteRefused(const std::function<void(Recipe*)>& change,
                          const std::string& message) {
  Recipe recipe = Granite();
  change(&recipe);
  EXPECT_THAT(MessageOf(recipe), HasSubstr(message));
}

TEST(GraniteModelTest, TheUnchangedFileLoads) {
  EXPECT_EQ(MessageOf(Granite()), "");
  Recipe without_factors = Granite();
  std::erase_if(without_factors.floats,
                [](const auto& key) { return key.first.ends_with("scale"); });
  EXPECT_EQ(MessageOf(without_factors), "");
}

TEST(GraniteModelTest, FactorsArePositiveNumbers) {
  const auto expect = [](const std::string& key, float value,
                         const std::string& message) {
    ExpectGraniteRefused(
        [&](Recipe* r) { r->floats["granite." + key] = value; }, message);
  };
  for (const float value : {0.0F, -1.0F, std::nanf("")}) {
    expect("embedding_scale", value, "embedding_scale (embedding_multiplier)");
    expect("residual_scale", value, "residual_scale (residual_multiplier)");
    expect("logit_scale", value, "logits_scale: expected a positive number");
  }
  expect("attention.scale", -1, "attention.scale (attention_multiplier)");
}

TEST(GraniteModelTest, WhatWouldBeComputedDifferentlyIsRefused) {
  ExpectGraniteRefused([](Recipe* r) { r->uints["granite.expert_count"] = 8; },
                       "not supported yet: experts in granite");
  ExpectGraniteRefused(
      [](Recipe* r) { r->tensors["blk.0.attn_q.bias"] = {32}; },
      "not supported yet: tensor 'blk.0.attn_q.bias'");
}

// A good configuration with `extra` fields before its own.
Result<HfConfig> ParseGranite(const std::string& extra) {
  return ParseHfConfig("{" + extra + R"("architectures": ["GraniteForCausalLM"],
      "model_type": "granite", "hidden_size": 32, "num_hidden_layers": 2,
      "vocab_size": 512, "num_attention_heads": 4, "num_key_value_heads": 2,
      "intermediate_size": 64, "rms_norm_eps": 1e-05,
      "embedding_multiplier": 12, "residual_multiplier": 0.25,
      "logits_scaling": 8})",
                       "dir/config.json");
}

TEST(GraniteModelTest, ConfigurationsSayTheFactors) {
  const Result<HfConfig> config =
      ParseGranite(R"("attention_multiplier": 0.5,)");
  ASSERT_TRUE(config) << config.error().message;
  const Hyperparameters& hparams = config->hparams;
  EXPECT_EQ(hparams.embedding_scale, 12.0F);
  EXPECT_EQ(hparams.residual_scale, 0.25F);
  EXPECT_EQ(hparams.logits_scale, 0.125F);
  EXPECT_EQ(hparams.attention.scale, 0.5F);
  EXPECT_TRUE(hparams.attention.rotates);
  const Result<HfConfig> without = ParseGranite("");
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().message, HasSubstr("attention_multiplier"));
  for (const char* field : {"attention_bias", "mlp_bias"}) {
    const Result<HfConfig> biased = ParseGranite(
        R"("attention_multiplier": 1, ")" + std::string(field) + R"(": true,)");
    ASSERT_FALSE(biased);
    EXPECT_THAT(biased.error().message,
                HasSubstr("not supported yet: " + std::string(field)));
  }
}

}  // namespace
}  // namespace krait::engine
