// SPDX-License-Identifier: Apache-2.0
#include "engine/model/hf_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/model/hf_names.h"
#include "engine/model/hf_weights.h"

namespace krait::engine {
namespace {

using ::testing::HasSubstr;
using Path = std::filesystem::path;

std::string ReadBytes(const Path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

void WriteBytes(const Path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Returns the safetensors file with `spaces` more spaces after its header,
// which moves the data.
std::string WithLongerHeader(std::string file, size_t spaces) {
  uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  file.insert(sizeof length + static_cast<size_t>(length), spaces, ' ');
  length += spaces;
  std::memcpy(file.data(), &length, sizeof length);
  return file;
}

// Returns the file with one more tensor, which has no elements.
std::string WithEmptyTensor(std::string file, const std::string& name) {
  uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  const std::string entry = "{\"" + name +
                            "\":{\"dtype\":\"F32\",\"shape\":[0],"
                            "\"data_offsets\":[0,0]},";
  file.replace(sizeof length, 1, entry);
  length += entry.size() - 1;
  std::memcpy(file.data(), &length, sizeof length);
  return file;
}

class HfModelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  const Path golden_ = Path(KRAIT_TEST_DATA) / "models/llama-tiny/hf";
  const Path directory_ = Path(::testing::TempDir()) / "krait_hf_model";
};

TEST_F(HfModelTest, MisalignedTensorsAreCopiedAndAlignedOnesAreNot) {
  const std::string weights = ReadBytes(golden_ / "model.safetensors");
  std::filesystem::copy_file(golden_ / "config.json",
                             directory_ / "config.json");
  const auto reference = OpenHfModel(golden_);
  ASSERT_TRUE(reference) << reference.error().message;
  for (const size_t spaces : {1U, 2U, 3U, 4U}) {
    WriteBytes(directory_ / "model.safetensors",
               WithLongerHeader(weights, spaces));
    const auto moved = OpenHfModel(directory_);
    ASSERT_TRUE(moved) << moved.error().message;
    for (const Tensor& tensor : (*reference)->tensors()) {
      const Tensor* found = (*moved)->Find(tensor.name);
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(found->data) % 4, 0U);
      ASSERT_EQ(found->bytes, tensor.bytes);
      EXPECT_EQ(std::memcmp(found->data, tensor.data, tensor.bytes), 0);
    }
  }
}

TEST_F(HfModelTest, TiedEmbeddingsHideAnOutputHeadThatIsInTheFile) {
  std::string config = ReadBytes(golden_ / "config.json");
  const std::string untied = "\"tie_word_embeddings\": false";
  config.replace(config.find(untied), untied.size(),
                 "\"tie_word_embeddings\": true");
  WriteBytes(directory_ / "config.json", config);
  std::filesystem::copy_file(golden_ / "model.safetensors",
                             directory_ / "model.safetensors");
  const auto model = OpenHfModel(directory_);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->Find("output.weight"), nullptr);
}

TEST_F(HfModelTest, FewerLayersThanTheWeightsHaveAreRefused) {
  std::string config = ReadBytes(golden_ / "config.json");
  const std::string layers = "\"num_hidden_layers\": 3";
  config.replace(config.find(layers), layers.size(),
                 "\"num_hidden_layers\": 2");
  WriteBytes(directory_ / "config.json", config);
  std::filesystem::copy_file(golden_ / "model.safetensors",
                             directory_ / "model.safetensors");
  const auto model = OpenHfModel(directory_);
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("beyond the model's 2 layers"));
}

// Mistral's repositories hold both layouts; either half is enough.
TEST_F(HfModelTest, MistralsLayoutIsUsedWhereTheOtherHasNoWeights) {
  const Path models = Path(KRAIT_TEST_DATA) / "models/mamba2-tiny";
  std::filesystem::copy_file(models / "hf/config.json",
                             directory_ / "config.json");
  const auto without = OpenHfModel(directory_);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, ErrorCode::kNotFound);
  for (const char* name : {"params.json", "consolidated.safetensors"}) {
    std::filesystem::copy_file(models / "mistral-layout" / name,
                               directory_ / name);
  }
  const auto with = OpenHfModel(directory_);
  ASSERT_TRUE(with) << with.error().message;
  EXPECT_EQ((*with)->hyperparameters().mamba2.state, 32U);
}

TEST_F(HfModelTest, PaddedVocabulariesAreRoundedUp) {
  const Path models = Path(KRAIT_TEST_DATA) / "models/mamba2-tiny";
  std::filesystem::copy_file(models / "mistral-layout/consolidated.safetensors",
                             directory_ / "consolidated.safetensors");
  const auto open = [&](const std::string& vocab, const std::string& pad) {
    WriteBytes(directory_ / "params.json",
               R"({"dim": 128, "n_layers": 3, "n_groups": 8, "vocab_size": )" +
                   vocab + ", \"pad_vocab_size_multiple\": " + pad +
                   R"(, "model_type": "mamba"})");
    return OpenHfModel(directory_);
  };
  const auto padded = open("500", "64");
  ASSERT_TRUE(padded) << padded.error().message;
  EXPECT_EQ((*padded)->hyperparameters().vocab, 512U);
  EXPECT_FALSE(open("500", "1"));
  EXPECT_FALSE(open("500", "0"));
}

TEST_F(HfModelTest, ADirectoryWithoutATokenizerSaysNotFound) {
  const auto model =
      OpenHfModel(Path(KRAIT_TEST_DATA) / "models/mistral-tiny/hf");
  ASSERT_TRUE(model) << model.error().message;
  const auto tokenizer = (*model)->LoadTokenizer();
  ASSERT_FALSE(tokenizer);
  EXPECT_EQ(tokenizer.error().code, ErrorCode::kNotFound);
}

TEST(WeightsIndexTest, ShardsAreNamesInTheSameDirectory) {
  const auto parse = [](const std::string& shard) {
    return ParseWeightsIndex(R"({"weight_map": {"a": ")" + shard + "\"}}",
                             "index.json");
  };
  EXPECT_TRUE(parse("model-00001-of-00002.safetensors"));
  for (const char* bad :
       {"", ".safetensors", "../a.safetensors", "/a.safetensors",
        "b/a.safetensors", "b\\\\a.safetensors", "a.bin", "a..safetensors",
        "a\\u0000.safetensors"}) {
    const auto index = parse(bad);
    ASSERT_FALSE(index) << bad;
    EXPECT_THAT(index.error().message,
                HasSubstr("index.json: field 'weight_map.a': expected"));
  }
}

TEST(HfNamesTest, NamesBecomeGgufs) {
  const auto mamba = [](std::string_view name) {
    return CanonicalTensorName(Architecture::kMamba2, name);
  };
  const auto llama = [](std::string_view name) {
    return CanonicalTensorName(Architecture::kLlama, name);
  };
  EXPECT_EQ(mamba("backbone.layers.12.mixer.A_log"), "blk.12.ssm_a");
  EXPECT_EQ(mamba("model.backbone.layers.0.mixer.dt_bias"),
            "blk.0.ssm_dt.bias");
  EXPECT_EQ(mamba("model.lm_head.weight"), "output.weight");
  EXPECT_EQ(mamba("backbone.layers.3.mixer.in_proj.bias"), "blk.3.ssm_in.bias");
  EXPECT_EQ(llama("model.layers.3.mlp.up_proj.weight"), "blk.3.ffn_up.weight");
  EXPECT_EQ(llama("model.norm.weight"), "output_norm.weight");
  EXPECT_EQ(llama("model.layers.2.block_sparse_moe.gate.weight"),
            "blk.2.ffn_gate_inp.weight");
  EXPECT_EQ(llama("model.layers.2.block_sparse_moe.experts.10.w3.weight"),
            "blk.2.ffn_up.10.weight");
  for (const char* unknown :
       {"", "model", "model.layers.0.self_attn.rotary_emb.inv_freq",
        "model.layers.01.input_layernorm.weight",
        "model.layers.-1.input_layernorm.weight",
        "model.layers.9999999.input_layernorm.weight",
        "model.layers.0.input_layernorm", "norm.weight",
        "model.layers.0.block_sparse_moe.experts.1",
        "model.layers.0.block_sparse_moe.experts.x.w1.weight",
        "model.layers.0.block_sparse_moe.experts.01.w1.weight",
        "model.layers.0.block_sparse_moe.experts.1.w4.weight"}) {
    EXPECT_EQ(llama(unknown), "") << unknown;
  }
}

TEST_F(HfModelTest, UnknownTensorsOfALayerAreRefused) {
  const std::string weights = ReadBytes(golden_ / "model.safetensors");
  std::filesystem::copy_file(golden_ / "config.json",
                             directory_ / "config.json");
  const auto load_with = [&](const std::string& name) {
    WriteBytes(directory_ / "model.safetensors",
               WithEmptyTensor(weights, name));
    const auto model = OpenHfModel(directory_);
    return model ? std::string() : model.error().message;
  };
  for (const char* name :
       {"model.layers.0.self_attn.q_norm.weight",
        "model.layers.1.self_attn.q_proj.lora_A.weight",
        "model.layers.2.self_attn.q_proj.weight_scale",
        "model.layers.0.mlp.up_proj.scales", "lm_head.scales",
        "model.embed_tokens.biases", "model.layers.x.anything"}) {
    EXPECT_THAT(load_with(name),
                HasSubstr(std::string("not supported yet: tensor '") + name))
        << name;
  }
  for (const char* name :
       {"model.layers.0.self_attn.rotary_emb.inv_freq",
        "model.rotary_emb.inv_freq", "score.weight", "vision.layers.0.norm"}) {
    EXPECT_EQ(load_with(name), "") << name;
  }
}

}  // namespace
}  // namespace krait::engine
