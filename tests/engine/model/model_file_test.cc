// SPDX-License-Identifier: Apache-2.0
#include "engine/model/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/model/model_tensors.h"

namespace krait::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Path = std::filesystem::path;

std::unique_ptr<ModelFile> OpenGood(const Path& path) {
  Result<std::unique_ptr<ModelFile>> file = ModelFile::Open(path);
  EXPECT_TRUE(file) << file.error().message;
  return file ? std::move(*file) : nullptr;
}

std::unique_ptr<ModelFile> OpenGolden(const std::string& name) {
  return OpenGood(Path(KRAIT_TEST_DATA) / "models" / name);
}

std::string Bytes(const ModelFile& file, const std::string& name) {
  const Tensor* tensor = file.Find(name);
  EXPECT_NE(tensor, nullptr) << name;
  if (tensor == nullptr) return {};
  return {reinterpret_cast<const char*>(tensor->data), tensor->bytes};
}

TEST(ModelFileTest, ReadsTheDefaultModel) {
  const auto file = OpenGood(KRAIT_DEFAULT_MODEL);
  ASSERT_NE(file, nullptr);
  const Hyperparameters& h = file->hyperparameters();
  EXPECT_EQ(h.architecture, Architecture::kMamba2);
  EXPECT_THAT(h.name, StartsWith("krait-"));
  EXPECT_EQ(h.vocab, 8192U);
  EXPECT_EQ(h.d_model, 256U);
  EXPECT_EQ(h.layers, 8U);
  EXPECT_EQ(h.context_length, 1048576U);
  EXPECT_FLOAT_EQ(h.norm_eps, 1e-5F);
  EXPECT_EQ(h.mamba2.d_inner, 512U);
  EXPECT_EQ(h.mamba2.heads, 8U);
  EXPECT_EQ(h.mamba2.head_dim, 64U);
  EXPECT_EQ(h.mamba2.state, 64U);
  EXPECT_EQ(h.mamba2.groups, 1U);
  EXPECT_EQ(h.mamba2.conv_width, 4U);
  EXPECT_EQ(file->fim(), FimChoice{.order = FimTraining::kSpm});
  EXPECT_EQ(h.file_token, 8U);
  EXPECT_EQ(file->Find("output.weight"), nullptr);
  EXPECT_THAT(file->Find("blk.7.ssm_a")->shape, ElementsAre(8));
  EXPECT_THAT(file->Find("blk.7.ssm_conv1d.weight")->shape,
              ElementsAre(640, 4));
}

TEST(ModelFileTest, ReadsMamba2FromShards) {
  const auto file = OpenGolden("mamba2-tiny/hf");
  ASSERT_NE(file, nullptr);
  const Hyperparameters& h = file->hyperparameters();
  EXPECT_EQ(h.name, "hf");
  EXPECT_EQ(h.mamba2.heads, 16U);
  EXPECT_EQ(h.mamba2.groups, 8U);
  EXPECT_EQ(h.mamba2.conv_dim(), 768U);
  EXPECT_EQ(file->tensors().size(), 2U + 1U + 3U * 9U);
  EXPECT_THAT(file->Find("blk.2.ssm_in.weight")->shape, ElementsAre(1040, 128));
  EXPECT_THAT(file->Find("blk.0.ssm_conv1d.weight")->shape,
              ElementsAre(768, 4));
  EXPECT_EQ(file->Find("blk.0.ssm_d")->type, TensorType::kBF16);
}

TEST(ModelFileTest, MistralsLayoutGivesTheSameModelAsHuggingFaces) {
  const auto hf = OpenGolden("mamba2-tiny/hf");
  const auto mistral = OpenGolden("mamba2-tiny/mistral-layout");
  ASSERT_NE(hf, nullptr);
  ASSERT_NE(mistral, nullptr);
  const Mamba2Shape& a = hf->hyperparameters().mamba2;
  const Mamba2Shape& b = mistral->hyperparameters().mamba2;
  EXPECT_EQ(a.d_inner, b.d_inner);
  EXPECT_EQ(a.heads, b.heads);
  EXPECT_EQ(a.head_dim, b.head_dim);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.conv_width, b.conv_width);
  ASSERT_EQ(hf->tensors().size(), mistral->tensors().size());
  for (const Tensor& tensor : hf->tensors()) {
    EXPECT_EQ(Bytes(*hf, tensor.name), Bytes(*mistral, tensor.name))
        << tensor.name;
  }
}

// The file has A_log; GGUF and krait have -exp(A_log).
TEST(ModelFileTest, DecaysAreTheSameFromBothFormats) {
  // One a head, and one for each channel and element of its state.
  for (const std::string model : {"mamba2-tied", "mamba1-tiny"}) {
    SCOPED_TRACE(model);
    const auto hf = OpenGolden(model + "/hf");
    const auto gguf = OpenGolden(model + "/gguf/model-f16.gguf");
    ASSERT_NE(hf, nullptr);
    ASSERT_NE(gguf, nullptr);
    EXPECT_EQ(hf->Find("output.weight"), nullptr);
    for (const char* name : {"blk.0.ssm_a", "blk.2.ssm_a"}) {
      const Tensor* a = hf->Find(name);
      const Tensor* b = gguf->Find(name);
      ASSERT_EQ(a->type, TensorType::kF32);
      ASSERT_EQ(b->type, TensorType::kF32);
      ASSERT_EQ(a->shape, b->shape);
      std::vector<float> va(a->bytes / sizeof(float));
      std::vector<float> vb(va.size());
      std::memcpy(va.data(), a->data, a->bytes);
      std::memcpy(vb.data(), b->data, b->bytes);
      for (size_t i = 0; i < va.size(); ++i) {
        EXPECT_LT(va[i], 0.0F);
        EXPECT_NEAR(va[i], vb[i], 1e-5F * std::abs(vb[i]));
      }
    }
  }
}

TEST(ModelFileTest, ReadsGroupedNormsOfGguf) {
  const auto file = OpenGolden("mamba2-kq/gguf/model-Q8_0.gguf");
  ASSERT_NE(file, nullptr);
  EXPECT_THAT(file->Find("blk.0.ssm_norm.weight")->shape, ElementsAre(512));
  EXPECT_EQ(file->Find("blk.0.ssm_in.weight")->type, TensorType::kQ8_0);
}

TEST(ModelFileTest, LlamaDiffersByRotaryPairingOnly) {
  const auto hf = OpenGolden("llama-tiny/hf");
  const auto gguf = OpenGolden("llama-tiny/gguf/model-f16.gguf");
  ASSERT_NE(hf, nullptr);
  ASSERT_NE(gguf, nullptr);
  const AttentionShape& a = hf->hyperparameters().attention;
  const AttentionShape& b = gguf->hyperparameters().attention;
  EXPECT_EQ(a.heads, 8U);
  EXPECT_EQ(a.kv_heads, 2U);
  EXPECT_EQ(a.head_dim, 8U);
  EXPECT_EQ(a.rope_dim, 8U);
  EXPECT_EQ(a.sliding_window, 0U);
  EXPECT_EQ(a.rope_pairing, simd::RopePairing::kHalfSplit);
  EXPECT_EQ(b.heads, a.heads);
  EXPECT_EQ(b.kv_heads, a.kv_heads);
  EXPECT_EQ(b.head_dim, a.head_dim);
  EXPECT_EQ(gguf->hyperparameters().d_ff, hf->hyperparameters().d_ff);
  EXPECT_EQ(b.rope_base, a.rope_base);
  EXPECT_EQ(b.rope_pairing, simd::RopePairing::kAdjacent);
  EXPECT_EQ(hf->tensors().size(), gguf->tensors().size());
}

TEST(ModelFileTest, ReadsSlidingWindowsAndHeadDimensions) {
  const auto hf = OpenGolden("mistral-tiny/hf");
  const auto gguf = OpenGolden("mistral-tiny/gguf/model-f32.gguf");
  const auto none = OpenGolden("mistral-nowindow/hf");
  const auto narrow = OpenGolden("mistral-kq/gguf/model-Q8_0.gguf");
  ASSERT_TRUE(hf && gguf && none && narrow);
  EXPECT_EQ(hf->hyperparameters().attention.sliding_window, 16U);
  EXPECT_EQ(gguf->hyperparameters().attention.sliding_window, 16U);
  EXPECT_EQ(none->hyperparameters().attention.sliding_window, 0U);
  EXPECT_EQ(none->hyperparameters().attention.head_dim, 32U);
  EXPECT_EQ(none->hyperparameters().attention.rope_base, 1e6);
  EXPECT_EQ(narrow->hyperparameters().attention.head_dim, 32U);
  EXPECT_THAT(narrow->Find("blk.0.attn_q.weight")->shape,
              ElementsAre(128, 256));
}

TEST(ModelFileTest, EveryTensorIsAlignedForItsType) {
  for (const char* name :
       {"mamba1-tiny/hf", "mamba2-tiny/hf", "mamba2-tiny/mistral-layout",
        "mamba2-tied/hf", "llama-tiny/hf", "mistral-nowindow/hf",
        "mamba2-kq/gguf/model-Q8_0.gguf", "llama-tiny/gguf/model-f16.gguf"}) {
    const auto file = OpenGolden(name);
    ASSERT_NE(file, nullptr);
    for (const Tensor& tensor : file->tensors()) {
      const size_t alignment = tensor.type == TensorType::kF32 ? 4 : 2;
      EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data) % alignment, 0U)
          << tensor.name;
    }
  }
}

TEST(ModelFileTest, TensorsAreSortedAndFound) {
  const auto file = OpenGolden("llama-tiny/hf");
  ASSERT_NE(file, nullptr);
  EXPECT_TRUE(std::is_sorted(
      file->tensors().begin(), file->tensors().end(),
      [](const Tensor& a, const Tensor& b) { return a.name < b.name; }));
  for (const Tensor& tensor : file->tensors()) {
    EXPECT_EQ(file->Find(tensor.name), &tensor);
  }
  EXPECT_EQ(file->Find("blk.0.attn"), nullptr);
  EXPECT_EQ(file->Find(""), nullptr);
}

TEST(ModelFileTest, RequireNamesWhatItExpectedAndFound) {
  const auto file = OpenGolden("llama-tiny/hf");
  ASSERT_NE(file, nullptr);
  const std::vector<size_t> shape = {64};
  const std::vector<size_t> wrong = {64, 1};
  EXPECT_TRUE(file->Require("output_norm.weight", shape));
  const std::string path = file->path().string();
  EXPECT_EQ(file->Require("output_norm.weight", wrong).error().message,
            path +
                ": tensor 'output_norm.weight': expected shape [64, 1], "
                "found [64]");
  EXPECT_EQ(file->Require("absent", shape).error().message,
            path + ": tensor 'absent' of shape [64] is missing");
}

TEST(ModelFileTest, SuggestsTheDirectoryForASafetensorsFile) {
  const Result<std::unique_ptr<ModelFile>> file = ModelFile::Open(
      Path(KRAIT_TEST_DATA) / "models/llama-tiny/hf/model.safetensors");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr("the directory"));
}

TEST(ModelFileTest, MetadataIsPrintable) {
  const auto gguf = OpenGolden("llama-tiny/gguf/model-f16.gguf");
  const auto hf = OpenGolden("llama-tiny/hf");
  ASSERT_TRUE(gguf && hf);
  using Pair = std::pair<std::string, std::string>;
  EXPECT_THAT(gguf->Metadata(),
              ::testing::IsSupersetOf(
                  {Pair("llama.block_count", "3"),
                   Pair("llama.rope.freq_base", "10000"),
                   Pair("tokenizer.ggml.tokens", "[512 elements]")}));
  EXPECT_THAT(
      hf->Metadata(),
      ::testing::IsSupersetOf(
          {Pair("num_hidden_layers", "3"), Pair("hidden_act", "\"silu\""),
           Pair("architectures", "[\"LlamaForCausalLM\"]")}));
}

}  // namespace
}  // namespace krait::engine
