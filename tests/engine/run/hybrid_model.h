// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_RUN_HYBRID_MODEL_H_
#define KRAIT_TESTS_ENGINE_RUN_HYBRID_MODEL_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/arch/decoder.h"
#include "engine/model/model_file.h"
#include "engine/model/model_tensors.h"

namespace krait::engine {

// A tiny model of two Mamba-2 layers and one of attention, with random weights:
// no file has such a one yet.
class HybridFile final : public ModelFile {
 public:
  // `sliding_window`: 0 for none.
  explicit HybridFile(size_t sliding_window) {
    path_ = "hybrid";
    Hyperparameters& h = hparams_;
    h.name = "hybrid";
    h.vocab = 200;
    h.d_model = 64;
    h.layers = 3;
    h.layer_pattern = {
        {.mixer = MixerKind::kMamba2},
        {.mixer = MixerKind::kMamba2, .feed_forward = FeedForwardKind::kSwiGlu},
        {.mixer = MixerKind::kAttention,
         .feed_forward = FeedForwardKind::kSwiGlu},
    };
    h.mamba2 = {.d_inner = 128,
                .heads = 4,
                .head_dim = 32,
                .state = 16,
                .groups = 1,
                .conv_width = 4};
    h.attention.heads = 4;
    h.attention.kv_heads = 2;
    h.attention.head_dim = 16;
    h.attention.rope_dim = 16;
    h.attention.sliding_window = sliding_window;
    h.d_ff = 96;
    for (const TensorSpec& spec : GlobalTensors(h)) AddTensor(spec);
    for (size_t layer = 0; layer < h.layers; ++layer) {
      for (const TensorSpec& spec : LayerTensors(h, layer)) AddTensor(spec);
    }
    const Status status = Finish();
    EXPECT_TRUE(status) << status.error().message;
  }

  Result<std::unique_ptr<Tokenizer>> LoadTokenizer() const override {
    return MakeError(ErrorCode::kNotFound, "a hybrid has no tokenizer");
  }
  std::vector<std::pair<std::string, std::string>> Metadata() const override {
    return {};
  }

 private:
  void AddTensor(const TensorSpec& spec) {
    size_t size = 1;
    for (const size_t dim : spec.shape) size *= dim;
    AlignedArray<float>& values = values_.emplace_back(size);
    const auto [low, high] = RangeOf(spec.name);
    std::uniform_real_distribution<float> value(low, high);
    for (size_t i = 0; i < size; ++i) values[i] = value(random_);
    tensors_.push_back(
        {.name = spec.name,
         .type = TensorType::kF32,
         .shape = spec.shape,
         .data = reinterpret_cast<const std::byte*>(values.data()),
         .bytes = values.bytes()});
  }

  // Such that states neither vanish nor grow.
  static std::pair<float, float> RangeOf(std::string_view name) {
    if (name.ends_with("ssm_a")) return {-8.0F, -0.5F};
    if (name.ends_with("ssm_dt.bias")) return {-4.0F, -1.0F};
    if (name.ends_with("norm.weight")) return {0.5F, 1.5F};
    return {-0.3F, 0.3F};
  }

  std::mt19937 random_{7};
  std::vector<AlignedArray<float>> values_;
};

inline std::shared_ptr<const Model> MakeHybrid(size_t sliding_window = 0) {
  auto file = std::make_unique<HybridFile>(sliding_window);
  auto layers =
      Decoder::Create(*file, PartShape::Whole(file->hyperparameters()));
  EXPECT_TRUE(layers) << layers.error().message;
  if (!layers) return nullptr;
  return std::make_shared<const Model>(
      LoadedFile{.file = std::move(file), .tokenizer = nullptr},
      std::move(*layers));
}

}  // namespace krait::engine

#endif  // KRAIT_TESTS_ENGINE_RUN_HYBRID_MODEL_H_
