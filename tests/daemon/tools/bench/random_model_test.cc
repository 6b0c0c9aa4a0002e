// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/random_model.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "daemon/tools/model_verify.h"
#include "engine/model/model_file.h"
#include "simd/weight_format.h"

namespace krait::daemon {
namespace {

// Small shapes of both architectures.
constexpr RandomShape kMamba = {.name = "tiny-mamba2",
                                .vocab = 1280,
                                .d_model = 128,
                                .layers = 2,
                                .context_length = 1024,
                                .tied = true,
                                .state = 16,
                                .groups = 2};
constexpr RandomShape kLlama = {.name = "tiny-llama",
                                .architecture = engine::Architecture::kLlama,
                                .vocab = 1280,
                                .d_model = 256,
                                .layers = 2,
                                .context_length = 1024,
                                .heads = 4,
                                .kv_heads = 2,
                                .d_ff = 512};

void Check(const RandomShape& shape, std::string_view type_name) {
  const auto path = std::filesystem::path(testing::TempDir()) /
                    fmt::format("{}-{}.gguf", shape.name, type_name);
  const auto type = engine::FindRunnableType(type_name);
  ASSERT_TRUE(type.has_value());
  size_t last_done = 0;
  size_t last_total = 0;
  const auto written =
      WriteRandomModel(shape, *type, path, [&](size_t done, size_t total) {
        last_done = done;
        last_total = total;
      });
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_EQ(last_done, last_total);
  const auto verified = VerifyModel(path);
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_TRUE(verified->has_tokenizer);
  const auto file = engine::ModelFile::Open(path);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ((*file)->hyperparameters().vocab, shape.vocab);
  EXPECT_EQ((*file)->hyperparameters().layers, shape.layers);
  const std::string_view matrix =
      shape.architecture == engine::Architecture::kMamba2
          ? "blk.0.ssm_out.weight"  // 256 columns
          : "blk.0.ffn_down.weight";
  EXPECT_EQ((*file)->Find(matrix)->type, *type);
  std::filesystem::remove(path);
}

TEST(RandomModelTest, EveryTypeLoadsAndVerifies) {
  for (const simd::WeightFormat& format : simd::kWeightFormats) {
    SCOPED_TRACE(format.name);
    Check(kMamba, format.name);
    Check(kLlama, format.name);
  }
}

TEST(RandomModelTest, ShapesAreFoundByName) {
  ASSERT_NE(FindRandomShape("codestral-mamba-7b"), nullptr);
  EXPECT_EQ(FindRandomShape("codestral-mamba-7b")->groups, 8U);
  EXPECT_EQ(FindRandomShape("nothing"), nullptr);
}

}  // namespace
}  // namespace krait::daemon
