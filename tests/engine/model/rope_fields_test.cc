// SPDX-License-Identifier: Apache-2.0
#include "engine/model/rope_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numbers>
#include <string>

#include "engine/model/hf_config.h"

namespace krait::engine {
namespace {

using testing::HasSubstr;

Result<HfConfig> ParseRope(const std::string& rope) {
  return ParseHfConfig(
      R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama",
          "vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 1,
          "num_attention_heads": 2, "intermediate_size": 48,
          "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "rope_scaling": )" +
          rope + "}",
      "config.json");
}

std::vector<float> Divisors(const std::string& rope) {
  const auto config = ParseRope(rope);
  if (!config) ADD_FAILURE() << config.error().message;
  return config ? config->hparams.attention.rope_divisors
                : std::vector<float>();
}

TEST(RopeFieldsTest, AFactorDividesAllFrequencies) {
  EXPECT_EQ(Divisors("null"), std::vector<float>());
  EXPECT_EQ(Divisors(R"({"type": "linear", "factor": 4.0})"),
            std::vector<float>(8, 4.0F));
  EXPECT_EQ(Divisors(R"({"rope_type": "linear", "factor": 1.0})"),
            std::vector<float>());
}

// Waves much shorter than the original length are kept, longer ones stretched,
// one between them in part.
TEST(RopeFieldsTest, Llama3sRuleDependsOnTheWave) {
  const double original = 64;
  AttentionShape shape;
  shape.rope_dim = 16;
  shape.rope_base = 10000;
  const Llama3Rope rope{.factor = 8,
                        .low_freq_factor = 1,
                        .high_freq_factor = 4,
                        .original_length = original};
  const std::vector<float> divisors = Llama3Divisors(rope, shape);
  ASSERT_EQ(divisors.size(), 8U);
  for (size_t i = 0; i < divisors.size(); ++i) {
    const double wave =
        2 * std::numbers::pi * std::pow(10000.0, static_cast<double>(i) / 8);
    if (wave < original / 4) {
      EXPECT_EQ(divisors[i], 1.0F) << i;
    } else if (wave > original) {
      EXPECT_EQ(divisors[i], 8.0F) << i;
    } else {
      EXPECT_GT(divisors[i], 1.0F) << i;
      EXPECT_LT(divisors[i], 8.0F) << i;
    }
  }
  EXPECT_EQ(divisors.front(), 1.0F);
  EXPECT_EQ(divisors.back(), 8.0F);
}

TEST(RopeFieldsTest, RefusesWhatItWouldComputeOtherwise) {
  const auto message = [](const std::string& rope) {
    const auto config = ParseRope(rope);
    return config ? std::string("accepted") : config.error().message;
  };
  EXPECT_THAT(message(R"({"rope_type": "yarn", "factor": 4.0})"),
              HasSubstr("rope_scaling of type 'yarn'"));
  EXPECT_THAT(message(R"({"rope_type": "linear"})"), HasSubstr("factor"));
  EXPECT_THAT(message(R"({"rope_type": "linear", "factor": 0})"),
              HasSubstr("a positive number"));
  EXPECT_THAT(message(R"({"rope_type": "llama3", "factor": 8,
                          "low_freq_factor": 4, "high_freq_factor": 4,
                          "original_max_position_embeddings": 64})"),
              HasSubstr("more than low_freq_factor"));
}

}  // namespace
}  // namespace krait::engine
