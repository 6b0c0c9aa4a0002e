// SPDX-License-Identifier: Apache-2.0
#include "engine/model/gguf_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/file/gguf_builder.h"

namespace krait::engine {
namespace {

using ::testing::HasSubstr;

// A llama of one layer, to be changed in one place by each test.
struct Recipe {
  std::map<std::string, uint32_t> uints = {
      {"llama.embedding_length", 32},    {"llama.block_count", 1},
      {"llama.attention.head_count", 4}, {"llama.attention.head_count_kv", 2},
      {"llama.feed_forward_length", 64},
  };
  std::map<std::string, std::string> strings = {
      {"general.architecture", "llama"}};
  std::map<std::string, std::vector<uint32_t>> arrays = {};
  std::map<std::string, float> floats = {
      {"llama.attention.layer_norm_rms_epsilon", 1e-5F}};
  // Innermost dimension first.
  std::map<std::string, std::vector<uint64_t>> tensors = {
      {"token_embd.weight", {32, 3}},         {"output_norm.weight", {32}},
      {"blk.0.attn_norm.weight", {32}},       {"blk.0.attn_q.weight", {32, 32}},
      {"blk.0.attn_k.weight", {32, 16}},      {"blk.0.attn_v.weight", {32, 16}},
      {"blk.0.attn_output.weight", {32, 32}}, {"blk.0.ffn_norm.weight", {32}},
      {"blk.0.ffn_gate.weight", {32, 64}},    {"blk.0.ffn_up.weight", {32, 64}},
      {"blk.0.ffn_down.weight", {64, 32}},
  };
  std::map<std::string, TensorType> types;  // F32 where absent
  uint64_t num_tokens = 3;
};

std::string Build(const Recipe& recipe) {
  GgufBuilder b;
  for (const auto& [key, value] : recipe.uints) b.Key<uint32_t>(key, 4, value);
  for (const auto& [key, value] : recipe.strings) b.StringKey(key, value);
  for (const auto& [key, value] : recipe.floats) b.Key<float>(key, 6, value);
  for (const auto& [key, values] : recipe.arrays) {
    b.ArrayKey(key, 4, values.size());
    for (const uint32_t value : values) b.Raw(value);
  }
  b.ArrayKey("tokenizer.ggml.tokens", 8, recipe.num_tokens);
  for (uint64_t i = 0; i < recipe.num_tokens; ++i) b.String("t");
  uint64_t offset = 0;
  for (const auto& [name, dims] : recipe.tensors) {
    const auto it = recipe.types.find(name);
    const TensorType type =
        it == recipe.types.end() ? TensorType::kF32 : it->second;
    b.Tensor(name, dims, type, offset);
    uint64_t elements = 1;
    for (const uint64_t dim : dims) elements *= dim;
    offset += (elements * 4 + 31) / 32 * 32;
  }
  return b.Build(offset);
}

std::string MessageOf(const std::function<void(Recipe*)>& change) {
  Recipe recipe;
  change(&recipe);
  const std::string bytes = Build(recipe);
  auto gguf = GgufFile::Parse(bytes, "memory.gguf");
  if (!gguf) return gguf.error().message;
  GgufParts parts;
  parts.push_back(std::move(*gguf));
  const auto model = MakeGgufModel(std::move(parts), "memory.gguf");
  return model ? "" : model.error().message;
}

TEST(GgufModelTest, TheUnchangedRecipeLoads) {
  EXPECT_EQ(MessageOf([](Recipe*) {}), "");
}

TEST(GgufModelTest, NamesTypesThatCannotRunYet) {
  EXPECT_THAT(MessageOf([](Recipe* r) {
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
  for (const char* name : {"mamba", "rwkv7"}) {
    EXPECT_THAT(MessageOf([name](Recipe* r) {
                  r->strings["general.architecture"] = name;
                }),
                HasSubstr("not supported yet: architecture '" +
                          std::string(name) + "'"));
  }
}

TEST(GgufModelTest, SaysWhatAMixtureOfExpertsLacks) {
  EXPECT_THAT(MessageOf([](Recipe* r) { r->uints["llama.expert_count"] = 8; }),
              HasSubstr("'llama.expert_used_count' is missing"));
  EXPECT_THAT(MessageOf([](Recipe* r) {
                r->uints["llama.expert_count"] = 8;
                r->uints["llama.expert_used_count"] = 2;
              }),
              HasSubstr("'blk.0.ffn_gate_inp.weight' of shape"));
}

TEST(GgufModelTest, RefusesWhatItWouldComputeDifferently) {
  EXPECT_THAT(MessageOf([](Recipe* r) {
                r->strings["llama.rope.scaling.type"] = "yarn";
              }),
              HasSubstr("not supported yet: rope scaling 'yarn'"));
  EXPECT_THAT(
      MessageOf([](Recipe* r) { r->tensors["blk.0.attn_q.bias"] = {32}; }),
      HasSubstr("not supported yet: tensor 'blk.0.attn_q.bias'"));
  for (const char* name :
       {"blk.0.attn_q.lora_a", "blk.0.ssm_a", "blk.0.a.attn_norm.weight",
        "output.scale", "token_embd_norm.weight"}) {
    EXPECT_THAT(MessageOf([name](Recipe* r) { r->tensors[name] = {32}; }),
                HasSubstr("not supported yet: tensor '" + std::string(name)))
        << name;
  }
  EXPECT_EQ(
      MessageOf([](Recipe* r) { r->tensors["blk.0.attn_rot_embd"] = {4}; }),
      "");
  EXPECT_THAT(
      MessageOf([](Recipe* r) { r->tensors["rope_freqs.weight"] = {4}; }),
      HasSubstr("'rope_freqs.weight': expected positive numbers"));
  EXPECT_THAT(
      MessageOf([](Recipe* r) { r->tensors["rope_freqs.weight"] = {5}; }),
      HasSubstr("'rope_freqs.weight': expected shape [4]"));
  EXPECT_THAT(
      MessageOf(
          [](Recipe* r) { r->tensors["rope_factors_long.weight"] = {4}; }),
      HasSubstr("not supported yet: tensor 'rope_factors_long.weight'"));
  EXPECT_THAT(
      MessageOf([](Recipe* r) { r->tensors["blk.1.attn_norm.weight"] = {32}; }),
      HasSubstr("'blk.1.attn_norm.weight' is beyond the model's 1"));
  EXPECT_THAT(MessageOf([](Recipe* r) { r->uints["split.count"] = 2; }),
              HasSubstr("split.count"));
  EXPECT_EQ(MessageOf([](Recipe* r) { r->tensors["note"] = {32}; }), "");
}

TEST(GgufModelTest, HeadDimensionComesFromKeyLengthOrTheWidth) {
  EXPECT_THAT(
      MessageOf([](Recipe* r) { r->uints["llama.attention.key_length"] = 16; }),
      HasSubstr("'blk.0.attn_q.weight': expected shape [64, 32]"));
  EXPECT_THAT(MessageOf([](Recipe* r) {
                r->uints["llama.attention.value_length"] = 16;
              }),
              HasSubstr("not supported yet: llama.attention.value_length"));
}

TEST(GgufModelTest, TheVocabularysListsAgreeWithTheEmbedding) {
  EXPECT_THAT(MessageOf([](Recipe* r) { r->num_tokens = 4; }),
              HasSubstr("expected 3 strings"));
  EXPECT_THAT(MessageOf([](Recipe* r) { r->uints["llama.vocab_size"] = 4; }),
              HasSubstr("'llama.vocab_size' is 4"));
  EXPECT_EQ(MessageOf([](Recipe* r) { r->uints["llama.vocab_size"] = 3; }), "");
}

// Some converters write a number for each layer where all are alike.
TEST(GgufModelTest, NumbersOfEachLayerMayBeAnArrayIfTheyAreTheSame) {
  const auto message = [](std::vector<uint32_t> kv_heads) {
    return MessageOf([&](Recipe* r) {
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
    EXPECT_EQ(MessageOf([order](Recipe* r) {
                r->strings["krait.fim.order"] = order;
              }),
              "");
  }
  EXPECT_THAT(
      MessageOf([](Recipe* r) { r->strings["krait.fim.order"] = "mps"; }),
      HasSubstr("expected 'spm', 'psm', 'both' or 'emulated', found "
                "'mps'"));
  EXPECT_THAT(
      MessageOf([](Recipe* r) { r->uints["krait.fim.prefix_token"] = 2; }),
      HasSubstr("'krait.fim.prefix_token'"));
  EXPECT_THAT(
      MessageOf([](Recipe* r) { r->arrays["krait.fim.stop_tokens"] = {2}; }),
      HasSubstr("'krait.fim.stop_tokens': expected an array of strings"));
  EXPECT_EQ(MessageOf([](Recipe* r) { r->uints["krait.file_token_id"] = 2; }),
            "");
  EXPECT_THAT(MessageOf([](Recipe* r) { r->uints["krait.file_token_id"] = 3; }),
              HasSubstr("expected less than the vocabulary's 3, found 3"));
}

}  // namespace
}  // namespace krait::engine
