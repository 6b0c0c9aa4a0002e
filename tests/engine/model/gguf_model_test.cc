// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/engine/model/gguf_recipe.h"

namespace krait::engine {
namespace {

using ::testing::HasSubstr;

// A llama of one layer.
Recipe Llama() {
  return {.uints = {{"llama.embedding_length", 32},
                    {"llama.block_count", 1},
                    {"llama.attention.head_count", 4},
                    {"llama.attention.head_count_kv", 2},
                    {"llama.feed_forward_length", 64}},
          .strings = {{"general.architecture", "llama"}},
          .floats = {{"llama.attention.layer_norm_rms_epsilon", 1e-5F}},
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

std::string WhyRecipeIsRefused(const std::function<void(Recipe*)>& change) {
  Recipe recipe = Llama();
  change(&recipe);
  return MessageOf(recipe);
}

TEST(GgufModelTest, TheUnchangedRecipeLoads) {
  EXPECT_EQ(WhyRecipeIsRefused([](Recipe*) {}), "");
}

TEST(GgufModelTest, NamesTypesThatCannotRunYet) {
  EXPECT_THAT(WhyRecipeIsRefused([](Recipe* r) {
                r->uints["llama.feed_forward_length"] = 256;
                r->tensors["blk.0.ffn_gate.weight"] = {32, 256};
                r->tensors["blk.0.ffn_up.weight"] = {32, 256};
                r->tensors["blk.0.ffn_down.weight"] = {256, 32};
                r->types["blk.0.ffn_down.weight"] = TensorType::kIQ2_XS;
              }),
              HasSubstr("not supported yet: IQ2_XS in tensor "
                        "blk.0.ffn_down.weight"));
}

TEST(GgufModelTest, NamesArchitecturesThatCannotRunYet) {
  for (const char* name : {"jamba", "rwkv7"}) {
    EXPECT_THAT(WhyRecipeIsRefused([name](Recipe* r) {
                  r->strings["general.architecture"] = name;
                }),
                HasSubstr("not supported yet: architecture '" +
                          std::string(name) + "'"));
  }
}

TEST(GgufModelTest, SaysWhatAMixtureOfExpertsLacks) {
  EXPECT_THAT(
      WhyRecipeIsRefused([](Recipe* r) { r->uints["llama.expert_count"] = 8; }),
      HasSubstr("'llama.expert_used_count' is missing"));
  EXPECT_THAT(WhyRecipeIsRefused([](Recipe* r) {
                r->uints["llama.expert_count"] = 8;
                r->uints["llama.expert_used_count"] = 2;
              }),
              HasSubstr("'blk.0.ffn_gate_inp.weight' of shape"));
}

TEST(GgufModelTest, RefusesWhatItWouldComputeDifferently) {
  EXPECT_THAT(WhyRecipeIsRefused([](Recipe* r) {
                r->strings["llama.rope.scaling.type"] = "yarn";
              }),
              HasSubstr("not supported yet: rope scaling 'yarn'"));
  EXPECT_THAT(WhyRecipeIsRefused(
                  [](Recipe* r) { r->tensors["blk.0.attn_q.bias"] = {32}; }),
              HasSubstr("not supported yet: tensor 'blk.0.attn_q.bias'"));
  for (const char* name :
       {"blk.0.attn_q.lora_a", "blk.0.ssm_a", "blk.0.a.attn_norm.weight",
        "output.scale", "token_embd_norm.weight"}) {
    EXPECT_THAT(
        WhyRecipeIsRefused([name](Recipe* r) { r->tensors[name] = {32}; }),
        HasSubstr("not supported yet: tensor '" + std::string(name)))
        << name;
  }
  EXPECT_EQ(WhyRecipeIsRefused(
                [](Recipe* r) { r->tensors["blk.0.attn_rot_embd"] = {4}; }),
            "");
  EXPECT_THAT(WhyRecipeIsRefused(
                  [](Recipe* r) { r->tensors["rope_freqs.weight"] = {4}; }),
              HasSubstr("'rope_freqs.weight': expected positive numbers"));
  EXPECT_THAT(WhyRecipeIsRefused(
                  [](Recipe* r) { r->tensors["rope_freqs.weight"] = {5}; }),
              HasSubstr("'rope_freqs.weight': expected shape [4]"));
  EXPECT_THAT(
      WhyRecipeIsRefused(
          [](Recipe* r) { r->tensors["rope_factors_long.weight"] = {4}; }),
      HasSubstr("not supported yet: tensor 'rope_factors_long.weight'"));
  EXPECT_THAT(WhyRecipeIsRefused([](Recipe* r) {
                r->tensors["blk.1.attn_norm.weight"] = {32};
              }),
              HasSubstr("'blk.1.attn_norm.weight' is beyond the model's 1"));
  EXPECT_THAT(
      WhyRecipeIsRefused([](Recipe* r) { r->uints["split.count"] = 2; }),
      HasSubstr("split.count"));
  EXPECT_EQ(WhyRecipeIsRefused([](Recipe* r) { r->tensors["note"] = {32}; }),
            "");
}

TEST(GgufModelTest, HeadDimensionComesFromKeyLengthOrTheWidth) {
  EXPECT_THAT(WhyRecipeIsRefused([](Recipe* r) {
                r->uints["llama.attention.key_length"] = 16;
              }),
              HasSubstr("'blk.0.attn_q.weight': expected shape [64, 32]"));
  EXPECT_THAT(WhyRecipeIsRefused([](Recipe* r) {
                r->uints["llama.attention.value_length"] = 16;
              }),
              HasSubstr("not supported yet: llama.attention.value_length"));
}

TEST(GgufModelTest, TheVocabularysListsAgreeWithTheEmbedding) {
  EXPECT_THAT(WhyRecipeIsRefused([](Recipe* r) { r->num_tokens = 4; }),
              HasSubstr("expected 3 strings"));
  EXPECT_THAT(
      WhyRecipeIsRefused([](Recipe* r) { r->uints["llama.vocab_size"] = 4; }),
      HasSubstr("'llama.vocab_size' is 4"));
  EXPECT_EQ(
      WhyRecipeIsRefused([](Recipe* r) { r->uints["llama.vocab_size"] = 3; }),
      "");
}

// Some converters write a number for each layer where all are alike.
TEST(GgufModelTest, NumbersOfEachLayerMayBeAnArrayIfTheyAreTheSame) {
  const auto message = [](std::vector<uint32_t> kv_heads) {
    return WhyRecipeIsRefused([&](Recipe* r) {
      r->uints.erase("llama.attention.head_count_kv");
      r->arrays["llama.attention.head_count_kv"] = std::move(kv_heads);
    });
  };
  EXPECT_EQ(message({2}), "");
  EXPECT_EQ(message({2, 2}), "");
  EXPECT_THAT(message({2, 4}),
              HasSubstr("not supported yet: llama.attention.head_count_kv that "
                        "differs from layer to layer"));
  EXPECT_THAT(message({}), HasSubstr("'llama.attention.head_count_kv' is "
                                     "empty"));
  EXPECT_THAT(message({0}), HasSubstr("kv_heads"));
}

TEST(GgufModelTest, KraitsOwnKeysAreChecked) {
  for (const char* order : {"spm", "psm", "both", "emulated"}) {
    EXPECT_EQ(WhyRecipeIsRefused([order](Recipe* r) {
                r->strings["krait.fim.order"] = order;
              }),
              "");
  }
  EXPECT_THAT(WhyRecipeIsRefused(
                  [](Recipe* r) { r->strings["krait.fim.order"] = "mps"; }),
              HasSubstr("expected 'spm', 'psm', 'both' or 'emulated', found "
                        "'mps'"));
  EXPECT_THAT(WhyRecipeIsRefused(
                  [](Recipe* r) { r->uints["krait.fim.prefix_token"] = 2; }),
              HasSubstr("'krait.fim.prefix_token'"));
  EXPECT_THAT(WhyRecipeIsRefused([](Recipe* r) {
                r->uints["krait.fim.repository_separator_token"] = 2;
              }),
              HasSubstr("'krait.fim.repository_separator_token'"));
  EXPECT_THAT(WhyRecipeIsRefused(
                  [](Recipe* r) { r->arrays["krait.fim.stop_tokens"] = {2}; }),
              HasSubstr("'krait.fim.stop_tokens': expected an array of "
                        "strings"));
  EXPECT_EQ(WhyRecipeIsRefused(
                [](Recipe* r) { r->uints["krait.file_token_id"] = 2; }),
            "");
  EXPECT_THAT(WhyRecipeIsRefused(
                  [](Recipe* r) { r->uints["krait.file_token_id"] = 3; }),
              HasSubstr("expected less than the vocabulary's 3, found 3"));
}

}  // namespace
}  // namespace krait::engine
