// SPDX-License-Identifier: Apache-2.0
#include "engine/model/hf_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace krait::engine {
namespace {

using ::testing::HasSubstr;

// A good configuration with `extra` fields before its own.
std::string Mamba2Config(const std::string& extra = "") {
  return "{" + extra +
         R"("architectures": ["Mamba2ForCausalLM"], "model_type": "mamba2",
         "hidden_size": 128, "num_hidden_layers": 3, "vocab_size": 512,
         "num_heads": 16, "head_dim": 16, "state_size": 32, "n_groups": 8,
         "conv_kernel": 4, "expand": 2, "layer_norm_epsilon": 1e-05})";
}

std::string LlamaConfig(const std::string& extra = "",
                        const std::string& type = "llama",
                        const std::string& architecture = "LlamaForCausalLM") {
  return "{" + extra + "\"architectures\": [\"" + architecture +
         "\"], \"model_type\": \"" + type + R"(",
         "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 512,
         "num_attention_heads": 4, "num_key_value_heads": 2,
         "intermediate_size": 160, "rms_norm_eps": 1e-05})";
}

std::string FalconH1Config(const std::string& extra = "") {
  return "{" + extra +
         R"("architectures": ["FalconH1ForCausalLM"],
         "model_type": "falcon_h1", "hidden_size": 64, "num_hidden_layers": 2,
         "vocab_size": 512, "num_attention_heads": 4, "num_key_value_heads": 2,
         "intermediate_size": 112, "rms_norm_eps": 1e-05, "mamba_n_heads": 6,
         "mamba_d_head": 16, "mamba_d_ssm": 96, "mamba_d_state": 16,
         "mamba_n_groups": 1, "mamba_d_conv": 4, "attention_in_multiplier": 2,
         "key_multiplier": 0.5, "ssm_in_multiplier": 2,
         "ssm_multipliers": [1, 2, 3, 4, 5]})";
}

Result<HfConfig> Parse(const std::string& json) {
  return ParseHfConfig(json, "dir/config.json");
}

void ExpectRefused(const std::string& json, const std::string& message) {
  const Result<HfConfig> config = Parse(json);
  ASSERT_FALSE(config) << json;
  EXPECT_THAT(config.error().message, HasSubstr("dir/config.json: "));
  EXPECT_THAT(config.error().message, HasSubstr(message));
}

TEST(HfConfigTest, TakesPythonsInfinityInBothSpellings) {
  for (const char* limit :
       {R"("time_step_limit": [0.0, Infinity],)",
        R"("time_step_limit": [0.0, {"__float__": "Infinity"}],)",
        R"("time_step_limit": null,)",
        R"("note": "Infinity, NaN and \" -Infinity", "x": [NaN,-Infinity],)"}) {
    const Result<HfConfig> config = Parse(Mamba2Config(limit));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->hparams.mamba2.d_inner, 256U);
  }
}

TEST(HfConfigTest, FactorsOfFalconH1AreThoseOfWhatTheyChange) {
  const Result<HfConfig> config = Parse(FalconH1Config());
  ASSERT_TRUE(config) << config.error().message;
  const Hyperparameters& hparams = config->hparams;
  EXPECT_EQ(hparams.attention.q_scale, 2);
  EXPECT_EQ(hparams.attention.k_scale, 1);
  EXPECT_EQ(hparams.attention.v_scale, 2);
  EXPECT_THAT(hparams.mamba2.input_scales,
              ::testing::ElementsAre(2, 4, 6, 8, 10));
  EXPECT_FALSE(hparams.mamba2.has_norm);
  EXPECT_EQ(hparams.mamba2.d_inner, 96U);
}

TEST(HfConfigTest, RefusesFalconH1ThatWouldBeComputedDifferently) {
  ExpectRefused(FalconH1Config(R"("mlp_multipliers": [1],)"),
                "field 'mlp_multipliers': expected an array of 2 numbers");
  ExpectRefused(FalconH1Config(R"("mlp_multipliers": [1, "2"],)"),
                "field 'mlp_multipliers': expected an array of 2 numbers");
  ExpectRefused(FalconH1Config(R"("mlp_multipliers": 1,)"),
                "field 'mlp_multipliers': expected an array of 2 numbers");
  ExpectRefused(FalconH1Config(R"("mamba_proj_bias": true,)"),
                "not supported yet: mamba_proj_bias true");
  ExpectRefused(
      FalconH1Config(
          R"("mamba_rms_norm": true, "mamba_norm_before_gate": true,)"),
      "not supported yet: mamba_norm_before_gate true");
}

TEST(HfConfigTest, BareWordsInsideOfStringsStay) {
  const Result<HfConfig> config =
      Parse(Mamba2Config(R"("note": "a \\\" NaN",)"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->fields.front().second, R"("a \\\" NaN")");
}

TEST(HfConfigTest, OtherBareWordsAreInvalid) {
  ExpectRefused(Mamba2Config(R"("x": Infinit,)"), "invalid JSON");
  ExpectRefused(Mamba2Config(R"("x": nan,)"), "invalid JSON");
  ExpectRefused(Mamba2Config(R"("x": NaNNaN,)"), "invalid JSON");
}

TEST(HfConfigTest, RefusesMamba2ThatWouldBeComputedDifferently) {
  ExpectRefused(Mamba2Config(R"("time_step_limit": [0.0, 1.0],)"),
                "not supported yet: a time_step_limit");
  ExpectRefused(Mamba2Config(R"("time_step_limit": 7,)"), "two numbers");
  ExpectRefused(Mamba2Config(R"("use_bias": true,)"),
                "not supported yet: use_bias true");
  ExpectRefused(Mamba2Config(R"("use_conv_bias": false,)"),
                "not supported yet: use_conv_bias false");
  ExpectRefused(Mamba2Config(R"("rms_norm": false,)"),
                "not supported yet: rms_norm false");
  ExpectRefused(Mamba2Config(R"("hidden_act": "gelu",)"),
                "not supported yet: hidden_act 'gelu'");
}

TEST(HfConfigTest, RefusesLlamaThatWouldBeComputedDifferently) {
  ExpectRefused(LlamaConfig(R"("attention_bias": true,)"),
                "not supported yet: attention_bias true");
  ExpectRefused(LlamaConfig(R"("mlp_bias": true,)"),
                "not supported yet: mlp_bias true");
  ExpectRefused(
      LlamaConfig(R"("rope_scaling": {"type": "dynamic", "factor": 2},)"),
      "not supported yet: rope_scaling of type 'dynamic'");
  ExpectRefused(LlamaConfig(R"("rope_parameters": {"rope_type": "yarn"},)"),
                "not supported yet: rope_parameters of type 'yarn'");
  ExpectRefused(LlamaConfig(R"("quantization_config": {"bits": 4},)"),
                "not supported yet: quantization_config");
}

TEST(HfConfigTest, RefusesOtherArchitecturesByName) {
  ExpectRefused(LlamaConfig("", "rwkv", "RwkvForCausalLM"),
                "not supported yet: architecture 'RwkvForCausalLM'");
  ExpectRefused(LlamaConfig("", "mixtral", "MixtralForCausalLM"),
                "field 'num_local_experts': it is missing");
  ExpectRefused(LlamaConfig("", "jamba", "JambaForCausalLM"),
                "not supported yet: architecture 'JambaForCausalLM'");
  ExpectRefused(LlamaConfig("", "llamba"), "model_type 'llamba'");
  ExpectRefused("{}", "field 'model_type': it is missing");
}

TEST(HfConfigTest, ReadsEveryFormOfRotaryBase) {
  EXPECT_EQ(Parse(LlamaConfig())->hparams.attention.rope_base, 10000.0);
  EXPECT_EQ(
      Parse(LlamaConfig(R"("rope_theta": 5e5,)"))->hparams.attention.rope_base,
      5e5);
  EXPECT_EQ(Parse(LlamaConfig(R"("rope_parameters": {"rope_theta": 1000000,
                                  "rope_type": "default"},)"))
                ->hparams.attention.rope_base,
            1e6);
  EXPECT_EQ(Parse(LlamaConfig(R"("rope_theta": 7.0, "rope_scaling": null,)"))
                ->hparams.attention.rope_base,
            7.0);
}

TEST(HfConfigTest, OnlyMistralHasAWindowAndAnAbsentOneIsTheFirsts) {
  const auto window = [](const std::string& extra) {
    const Result<HfConfig> config =
        Parse(LlamaConfig(extra, "mistral", "MistralForCausalLM"));
    EXPECT_TRUE(config);
    return config ? config->hparams.attention.sliding_window : ~size_t{0};
  };
  EXPECT_EQ(window(R"("sliding_window": null,)"), 0U);
  EXPECT_EQ(window(R"("sliding_window": 16,)"), 16U);
  EXPECT_EQ(window(""), 4096U);
  EXPECT_EQ(Parse(LlamaConfig())->hparams.attention.sliding_window, 0U);
}

TEST(HfConfigTest, NamesFieldValueAndExpectation) {
  ExpectRefused(LlamaConfig(R"("head_dim": "8",)"),
                "field 'head_dim': expected an unsigned integer, found \"8\"");
  ExpectRefused(LlamaConfig(R"("head_dim": -8,)"), "found -8");
  ExpectRefused(LlamaConfig(R"("head_dim": [8],)"), "found an array");
  ExpectRefused(LlamaConfig(R"("rope_parameters": {"rope_theta": "x"},)"),
                "field 'rope_parameters.rope_theta': expected a number");
}

// Hugging Face's transformers read it with Python's json module.
TEST(HfConfigTest, ReadsWhatPythonReads) {
  const auto config = Parse(LlamaConfig(
      R"("max_length": 1000000000000000019884624838656, "note": "\ud83d",)"
      R"("limits": [NaN, -Infinity, 1e999], "hidden_size": 32,)"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->hparams.d_model, 64U);  // of two, the last counts
}

TEST(HfConfigTest, ReadsMistralsParams) {
  const Result<HfConfig> config = ParseMistralParams(
      R"({"dim": 128, "n_layers": 3, "vocab_size": 500, "n_groups": 8,
          "pad_vocab_size_multiple": 16, "tie_embeddings": true,
          "rms_norm": true, "model_type": "mamba"})",
      "dir/params.json");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->hparams.d_model, 128U);
  EXPECT_EQ(config->hparams.mamba2.groups, 8U);
  EXPECT_EQ(config->vocab_multiple, 16U);
  EXPECT_TRUE(config->tied);
  EXPECT_TRUE(config->shape_from_tensors);
}

TEST(HfConfigTest, RefusesMistralsTransformersInTheirOwnLayout) {
  const Result<HfConfig> config = ParseMistralParams(
      R"({"dim": 4096, "n_layers": 32, "n_heads": 32})", "dir/params.json");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message,
              HasSubstr("dir/params.json: not supported yet: model_type"));
}

}  // namespace
}  // namespace krait::engine
