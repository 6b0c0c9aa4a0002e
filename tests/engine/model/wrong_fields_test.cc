// SPDX-License-Identifier: Apache-2.0
// Every number that a model's file says of its architecture, wrong in several
// ways, one at a time: the file is refused by its name, unless the number is
// one that nothing is made of.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/gguf_model.h"
#include "engine/model/model_file.h"

namespace krait::engine {
namespace {

using ::testing::HasSubstr;
using Path = std::filesystem::path;

std::string BytesOfFile(const Path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

// GGUF ------------------------------------------------------------------------

constexpr uint32_t kGgufUint32 = 4;
constexpr uint32_t kGgufFloat32 = 6;
constexpr uint32_t kGgufArray = 9;

// A number in the bytes of a file.
struct GgufNumber {
  std::string key;  // without the architecture
  uint32_t type;
  size_t ofs;
};

template <class T>
T ValueAt(const std::string& bytes, size_t ofs) {
  T value;
  std::memcpy(&value, bytes.data() + ofs, sizeof value);
  return value;
}

// Those below the architecture's name; of an array the first element.
std::vector<GgufNumber> GgufNumbersOf(const std::string& bytes,
                                      const std::string& architecture) {
  std::vector<GgufNumber> numbers;
  const std::string prefix = architecture + ".";
  for (size_t at = bytes.find(prefix); at != std::string::npos;
       at = bytes.find(prefix, at + 1)) {
    const auto length = ValueAt<uint64_t>(bytes, at - 8);
    const std::string key =
        bytes.substr(at + prefix.size(), length - prefix.size());
    size_t value = at + length + 4;
    auto type = ValueAt<uint32_t>(bytes, value - 4);
    if (type == kGgufArray) {
      type = kGgufUint32;  // or signed, which are as long
      value += 4 + 8;
    }
    if (type == kGgufUint32 || type == kGgufFloat32) {
      numbers.push_back({.key = key, .type = type, .ofs = value});
    }
  }
  return numbers;
}

std::string WhyRefused(const std::string& bytes) {
  auto gguf = GgufFile::Parse(bytes, "memory.gguf");
  if (!gguf) return gguf.error().message;
  GgufParts parts;
  parts.push_back(std::move(*gguf));
  const auto model = MakeGgufModel(std::move(parts), "memory.gguf");
  return model ? "" : model.error().message;
}

template <class T>
void CheckGguf(const std::string& bytes, const GgufNumber& number,
               std::initializer_list<T> values) {
  for (const T value : values) {
    if (ValueAt<T>(bytes, number.ofs) == value) continue;
    SCOPED_TRACE(testing::Message() << number.key << " = " << value);
    std::string changed = bytes;
    std::memcpy(changed.data() + number.ofs, &value, sizeof value);
    EXPECT_THAT(WhyRefused(changed), HasSubstr("memory.gguf: "));
  }
}

// `unused`: what nothing is made of in this file, or may be anything.
void CheckGgufFields(const std::string& file, const std::string& architecture,
                     const std::set<std::string>& unused,
                     size_t expected_numbers) {
  const std::string bytes = BytesOfFile(Path(KRAIT_TEST_DATA "/models") / file);
  ASSERT_EQ(WhyRefused(bytes), "");
  size_t checked = 0;
  for (const GgufNumber& number : GgufNumbersOf(bytes, architecture)) {
    if (unused.contains(number.key)) continue;
    ++checked;
    if (number.type == kGgufUint32) {
      CheckGguf<uint32_t>(bytes, number, {0, 1U << 31U, 0xFFFFFFFFU, 17});
    } else {
      CheckGguf<float>(bytes, number,
                       {-1.0F, std::numeric_limits<float>::quiet_NaN(),
                        std::numeric_limits<float>::infinity()});
    }
  }
  EXPECT_EQ(checked, expected_numbers);
}

TEST(WrongFieldsTest, OfGraniteHybrids) {
  CheckGgufFields("granite-h-tiny/gguf/model-f32.gguf", "granitehybrid",
                  {"context_length", "rope.freq_base", "rope.dimension_count",
                   "feed_forward_length", "expert_used_count",
                   "expert_shared_feed_forward_length"},
                  16);
}

TEST(WrongFieldsTest, OfFalconH1) {
  // A head's length of 0 is computed from the width.
  CheckGgufFields("falcon-h1-tiny/gguf/model-f32.gguf", "falcon-h1",
                  {"context_length", "attention.key_length"}, 14);
}

// These say that there is no attention and no feed-forward.
TEST(WrongFieldsTest, OfMamba1) {
  CheckGgufFields(
      "mamba1-tiny/gguf/model-f16.gguf", "mamba",
      {"context_length", "feed_forward_length", "attention.head_count"}, 8);
}

TEST(WrongFieldsTest, OfQwen2) {
  CheckGgufFields("qwen2-tiny/gguf/model-f16.gguf", "qwen2", {"context_length"},
                  7);
}

TEST(WrongFieldsTest, OfGranite) {
  CheckGgufFields("granite-tiny/gguf/model-f16.gguf", "granite",
                  {"context_length"}, 13);
}

TEST(WrongFieldsTest, OfMixtral) {
  CheckGgufFields("mixtral-kq/gguf/model-Q4_K_M.gguf", "llama",
                  {"context_length"}, 13);
}

// Hugging Face ----------------------------------------------------------------

class WrongConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = Path(testing::TempDir()) / "krait-wrong-config";
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directory(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string WhyRefused(const std::string& config) {
    std::ofstream(directory_ / "config.json") << config;
    const auto model = ModelFile::Open(directory_);
    return model ? "" : model.error().message;
  }

  void CheckFields(const std::string& model, const std::set<std::string>& used,
                   const std::set<std::string>& may_be_zero) {
    const Path hf = Path(KRAIT_TEST_DATA "/models") / model / "hf";
    std::filesystem::create_symlink(hf / "model.safetensors",
                                    directory_ / "model.safetensors");
    const std::string config = BytesOfFile(hf / "config.json");
    ASSERT_EQ(WhyRefused(config), "");
    for (const std::string& field : used) {
      const std::regex number("(\"" + field + "\": )[-0-9.e+]+");
      ASSERT_TRUE(std::regex_search(config, number)) << field;
      for (const char* value : {"0", "-1", "2147483648", "1e400", "\"text\"",
                                "[]", "true", "18446744073709551615"}) {
        if (may_be_zero.contains(field) && value[0] == '0') continue;
        SCOPED_TRACE(field + ": " + value);
        EXPECT_THAT(WhyRefused(std::regex_replace(config, number,
                                                  std::string("$1") + value)),
                    HasSubstr(directory_.string()));
      }
    }
  }

  Path directory_;
};

TEST_F(WrongConfigTest, OfGraniteWithExperts) {
  CheckFields(
      "granite-h-moe",
      {"hidden_size", "intermediate_size", "mamba_d_conv", "mamba_d_state",
       "mamba_expand", "mamba_n_groups", "mamba_n_heads", "num_attention_heads",
       "num_experts_per_tok", "num_hidden_layers", "num_key_value_heads",
       "num_local_experts", "shared_intermediate_size", "vocab_size"},
      {});
}

TEST_F(WrongConfigTest, OfFalconH1) {
  CheckFields("falcon-h1-tiny",
              {"head_dim", "hidden_size", "intermediate_size", "mamba_d_conv",
               "mamba_d_head", "mamba_d_ssm", "mamba_d_state", "mamba_n_groups",
               "mamba_n_heads", "num_attention_heads", "num_hidden_layers",
               "num_key_value_heads", "vocab_size"},
              {"head_dim"});  // which is then computed
}

TEST_F(WrongConfigTest, OfMixtral) {
  CheckFields("mixtral-tiny",
              {"hidden_size", "intermediate_size", "num_attention_heads",
               "num_experts_per_tok", "num_hidden_layers",
               "num_key_value_heads", "num_local_experts", "vocab_size"},
              {});
}

TEST_F(WrongConfigTest, FactorsAreFinite) {
  const std::pair<const char*, std::vector<const char*>> models[] = {
      {"granite-h-moe",
       {"attention_multiplier", "embedding_multiplier", "logits_scaling",
        "residual_multiplier", "rms_norm_eps"}},
      {"falcon-h1-tiny",
       {"attention_in_multiplier", "attention_out_multiplier",
        "embedding_multiplier", "key_multiplier", "lm_head_multiplier",
        "rms_norm_eps", "rope_theta", "ssm_in_multiplier",
        "ssm_out_multiplier"}}};
  for (const auto& [model, fields] : models) {
    const Path hf = Path(KRAIT_TEST_DATA "/models") / model / "hf";
    std::filesystem::remove(directory_ / "model.safetensors");
    std::filesystem::create_symlink(hf / "model.safetensors",
                                    directory_ / "model.safetensors");
    const std::string config = BytesOfFile(hf / "config.json");
    for (const char* field : fields) {
      const std::regex number("(\"" + std::string(field) + "\": )[-0-9.e+]+");
      ASSERT_TRUE(std::regex_search(config, number)) << field;
      for (const char* value : {"-1.0", "NaN", "Infinity", "\"text\""}) {
        SCOPED_TRACE(std::string(field) + ": " + value);
        EXPECT_THAT(WhyRefused(std::regex_replace(config, number,
                                                  std::string("$1") + value)),
                    HasSubstr(directory_.string()));
      }
    }
  }
}

}  // namespace
}  // namespace krait::engine
