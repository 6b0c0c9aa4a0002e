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

// Small shapes of all architectures.
constexpr RandomShape kMamba1 = {.name = "tiny-mamba",
                                 .architecture = engine::Architecture::kMamba1,
                                 .vocab = 1280,
                                 .d_model = 128,
                                 .layers = 2,
                                 .context_length = 1024,
                                 .tied = true,
                                 .state = 16};
constexpr RandomShape kMamba2 = {.name = "tiny-mamba2",
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

constexpr RandomShape kMixtral = {.name = "tiny-mixtral",
                                  .architecture = engine::Architecture::kLlama,
                                  .vocab = 1280,
                                  .d_model = 256,
                                  .layers = 2,
                                  .context_length = 1024,
                                  .heads = 4,
                                  .kv_heads = 2,
                                  .d_ff = 512,
                                  .experts = 3};
constexpr RandomShape kQwen2 = {.name = "tiny-qwen2",
                                .architecture = engine::Architecture::kQwen2,
                                .vocab = 1280,
                                .d_model = 256,
                                .layers = 2,
                                .context_length = 1024,
                                .tied = true,
                                .heads = 4,
                                .kv_heads = 2,
                                .d_ff = 512};

constexpr RandomShape kGranite = {
    .name = "tiny-granite",
    .architecture = engine::Architecture::kGranite,
    .vocab = 1280,
    .d_model = 256,
    .layers = 2,
    .context_length = 1024,
    .tied = true,
    .heads = 4,
    .kv_heads = 2,
    .d_ff = 512};

constexpr size_t kAttends[] = {1};
constexpr RandomShape kGraniteHybrid = {
    .name = "tiny-granite-hybrid",
    .architecture = engine::Architecture::kGraniteHybrid,
    .vocab = 1280,
    .d_model = 256,
    .layers = 2,
    .context_length = 1024,
    .tied = true,
    .state = 16,
    .groups = 1,
    .ssm_head_dim = 32,
    .attention_layers = kAttends,
    .heads = 4,
    .kv_heads = 2,
    .d_ff = 512};
constexpr RandomShape kFalcon = {
    .name = "tiny-falcon-h1",
    .architecture = engine::Architecture::kFalconH1,
    .vocab = 1280,
    .d_model = 256,
    .layers = 2,
    .context_length = 1024,
    .tied = true,
    .state = 16,
    .groups = 1,
    .d_inner = 512,
    .ssm_head_dim = 32,
    .heads = 4,
    .kv_heads = 2,
    .d_ff = 512};

// A matrix of the first layer that has the type asked for.
std::string_view MatrixOf(const RandomShape& shape) {
  if (shape.state > 0) {
    return "blk.0.ssm_out.weight";  // 256 columns
  }
  return shape.experts > 0 ? "blk.0.ffn_down.2.weight"
                           : "blk.0.ffn_down.weight";
}

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
  const engine::Tensor* matrix = (*file)->Find(MatrixOf(shape));
  ASSERT_NE(matrix, nullptr);
  EXPECT_EQ(matrix->type, *type);
  std::filesystem::remove(path);
}

TEST(RandomModelTest, EveryTypeLoadsAndVerifies) {
  for (const simd::WeightFormat& format : simd::kWeightFormats) {
    SCOPED_TRACE(format.name);
    Check(kMamba1, format.name);
    Check(kMamba2, format.name);
    Check(kLlama, format.name);
    Check(kMixtral, format.name);
    Check(kQwen2, format.name);
    Check(kGranite, format.name);
    Check(kGraniteHybrid, format.name);
    Check(kFalcon, format.name);
  }
}

TEST(RandomModelTest, ShapesAreFoundByName) {
  ASSERT_NE(FindRandomShape("codestral-mamba-7b"), nullptr);
  EXPECT_EQ(FindRandomShape("codestral-mamba-7b")->groups, 8U);
  EXPECT_EQ(FindRandomShape("nothing"), nullptr);
}

}  // namespace
}  // namespace krait::daemon
