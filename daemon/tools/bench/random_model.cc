// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/random_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "daemon/tools/bench/random_vocabulary.h"
#include "engine/model/architecture.h"
#include "engine/model/gguf_writer.h"
#include "engine/model/quantised_types.h"

namespace krait::daemon {
namespace {

using engine::Architecture;
using engine::TensorType;

// A fast generator of good enough bits (splitmix64), the same everywhere.
class Bits {
 public:
  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  // Uniform in [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11U) * 0x1p-53; }
  // About normal: the sum of twelve uniform numbers.
  double Normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += Unit();
    return sum;
  }

 private:
  uint64_t state_ = 1234;
};

// Standard deviation of weight matrices: 2^-6.
constexpr int kScaleExponent = -6;

void FillBytes(Bits* bits, std::span<std::byte> piece) {
  size_t i = 0;
  for (; i + 8 <= piece.size(); i += 8) {
    const uint64_t word = bits->Next();
    std::memcpy(&piece[i], &word, 8);
  }
  const uint64_t word = bits->Next();
  std::memcpy(piece.data() + i, &word, piece.size() - i);
}

// 16-bit floats: random sign and mantissa, exponent kScaleExponent.
void FillHalves(Bits* bits, std::span<std::byte> piece, unsigned mantissa_bits,
                int bias) {
  FillBytes(bits, piece);
  const auto exponent = static_cast<uint16_t>(
      static_cast<unsigned>(kScaleExponent + bias) << mantissa_bits);
  const auto mask =
      static_cast<uint16_t>(0x8000U | ((1U << mantissa_bits) - 1));
  for (size_t i = 0; i + 2 <= piece.size(); i += 2) {
    uint16_t half = 0;
    std::memcpy(&half, &piece[i], 2);
    half = static_cast<uint16_t>((half & mask) | exponent);
    std::memcpy(&piece[i], &half, 2);
  }
}

void FillFloats(Bits* bits, std::span<std::byte> piece) {
  for (size_t i = 0; i + 4 <= piece.size(); i += 4) {
    // Two out of the bits of one would do; speed does not matter for f32.
    const auto value = static_cast<float>(
        std::ldexp(2 * bits->Unit() - 1, kScaleExponent + 1));
    std::memcpy(&piece[i], &value, 4);
  }
}

// A binary16 number in a block, its offset in bytes.
struct BlockNumber {
  size_t ofs = 0;
  double value = 0;
};

// What a format's blocks of random bits need for weights of the deviation
// above: the scale (or the factor of random scales), and what makes their mean
// about 0.
struct RandomBlock {
  TensorType type;
  BlockNumber scale;
  BlockNumber minimum;  // 0: none
};
constexpr std::array kRandomBlocks = {
    RandomBlock{TensorType::kQ4_0, {0, 0x1p-8}, {}},
    RandomBlock{TensorType::kQ4_1, {0, 0x1p-8}, {2, -7.5 * 0x1p-8}},
    RandomBlock{TensorType::kQ5_0, {0, 0x1p-9}, {}},
    RandomBlock{TensorType::kQ5_1, {0, 0x1p-9}, {2, -15.5 * 0x1p-9}},
    RandomBlock{TensorType::kQ8_0, {0, 0x1p-12}, {}},
    RandomBlock{TensorType::kQ2_K, {80, 0x1p-9}, {82, 1.5 * 0x1p-9}},
    RandomBlock{TensorType::kQ3_K, {108, 0x1p-11}, {}},
    RandomBlock{TensorType::kQ4_K, {0, 0x1p-13}, {2, 7.5 * 0x1p-13}},
    RandomBlock{TensorType::kQ5_K, {0, 0x1p-14}, {2, 15.5 * 0x1p-14}},
    RandomBlock{TensorType::kQ6_K, {208, 0x1p-16}, {}},
    RandomBlock{TensorType::kIQ4_NL, {0, 0x1p-12}, {}},
    RandomBlock{TensorType::kIQ4_XS, {0, 0x1p-16}, {}},
};

// Returns binary16 of a number below 2, of at most 11 significant bits.
uint16_t HalfBits(double value) {
  const unsigned sign = value < 0 ? 0x8000U : 0;
  int exponent = 0;
  const double fraction = std::frexp(std::abs(value), &exponent);
  if (exponent < -13) {  // subnormal: units of 2^-24
    return static_cast<uint16_t>(
        sign | static_cast<unsigned>(std::ldexp(std::abs(value), 24)));
  }
  const auto mantissa = static_cast<unsigned>(std::ldexp(fraction, 11)) & 1023U;
  return static_cast<uint16_t>(
      sign | static_cast<unsigned>(exponent + 14) << 10U | mantissa);
}

void Put(const BlockNumber& number, std::byte* block) {
  const uint16_t bits = HalfBits(number.value);
  std::memcpy(block + number.ofs, &bits, sizeof(bits));
}

void FillBlocks(Bits* bits, TensorType type, std::span<std::byte> piece) {
  FillBytes(bits, piece);
  const auto* random =
      std::ranges::find(kRandomBlocks, type, &RandomBlock::type);
  const size_t block_bytes = engine::FindTensorTypeInfo(type)->block_bytes;
  for (size_t i = 0; i < piece.size(); i += block_bytes) {
    Put(random->scale, &piece[i]);
    if (random->minimum.value != 0) Put(random->minimum, &piece[i]);
  }
}

class ModelPlan {
 public:
  ModelPlan(const RandomShape& shape, TensorType type)
      : shape_(shape),
        type_(type),
        family_(*std::ranges::find(kFamilies, shape.architecture,
                                   &Family::architecture)),
        arch_(engine::InfoOf(shape.architecture).name) {}

  void AddMetadata() {
    writer_.AddString("general.architecture", arch_);
    writer_.AddString("general.name", fmt::format("{}-random", shape_.name));
    writer_.AddUint32("general.file_type", engine::GgufFileType(type_));
    Uint("context_length", shape_.context_length);
    Uint("embedding_length", shape_.d_model);
    Uint("block_count", shape_.layers);
    Uint("vocab_size", shape_.vocab);
    writer_.AddFloat32(arch_ + ".attention.layer_norm_rms_epsilon", 1e-5F);
    (this->*family_.add_metadata)();
    AddRandomVocabulary(shape_.vocab, family_.fim, &writer_);
  }

  void AddTensors() {
    const TensorType head = engine::OutputType(type_);
    Matrix("token_embd.weight", shape_.vocab, shape_.d_model,
           shape_.tied ? head : type_);
    if (!shape_.tied) {
      Matrix("output.weight", shape_.vocab, shape_.d_model, head);
    }
    Constant("output_norm.weight", {shape_.d_model}, 1);
    for (size_t layer = 0; layer < shape_.layers; ++layer) {
      const std::string block = fmt::format("blk.{}.", layer);
      Constant(block + "attn_norm.weight", {shape_.d_model}, 1);
      (this->*family_.add_block)(layer, block);
    }
  }

  const engine::GgufWriter& writer() const { return writer_; }

 private:
  // What is special to an architecture.
  struct Family {
    Architecture architecture;
    void (ModelPlan::*add_metadata)();
    void (ModelPlan::*add_block)(size_t layer, const std::string& block);
    FimNames fim;  // the tokens by which its prompts are laid out
  };
  static const std::array<Family, 7> kFamilies;

  static constexpr size_t kConvWidth = 4;

  size_t d_inner() const {
    return shape_.d_inner != 0 ? shape_.d_inner : 2 * shape_.d_model;
  }
  size_t dt_rank() const { return (shape_.d_model + 15) / 16; }  // Mamba-1
  bool Attends(size_t layer) const {
    return std::ranges::count(shape_.attention_layers, layer) > 0;
  }
  size_t kv_dim() const {
    return shape_.d_model / shape_.heads * shape_.kv_heads;
  }

  void AddMamba1Metadata() {
    AddNoAttention();
    AddSsm(dt_rank());
  }
  void AddMamba2Metadata() {
    AddNoAttention();
    AddMamba2Ssm();
  }
  void AddNoAttention() {
    Uint("feed_forward_length", 0);
    Uint("attention.head_count", 0);
  }
  void AddMamba2Ssm() {
    AddSsm(d_inner() / shape_.ssm_head_dim);
    Uint("ssm.group_count", shape_.groups);
  }
  void AddSsm(size_t time_step_rank) {
    Uint("ssm.conv_kernel", kConvWidth);
    Uint("ssm.inner_size", d_inner());
    Uint("ssm.state_size", shape_.state);
    Uint("ssm.time_step_rank", time_step_rank);
  }

  void AddLlamaMetadata() {
    Uint("feed_forward_length", shape_.d_ff);
    Uint("attention.head_count", shape_.heads);
    Uint("attention.head_count_kv", shape_.kv_heads);
    Uint("rope.dimension_count", shape_.d_model / shape_.heads);
    writer_.AddFloat32(arch_ + ".rope.freq_base", 10000.0F);
    if (shape_.experts == 0) return;
    Uint("expert_count", shape_.experts);
    Uint("expert_used_count", 2);
  }

  void AddFalconH1Metadata() {
    AddLlamaMetadata();
    AddMamba2Ssm();
  }

  void AddGraniteMetadata() {
    AddLlamaMetadata();
    AddGraniteFactors();
  }

  // The factors keep random numbers in range as they do trained ones; their
  // values cost nothing.
  void AddGraniteFactors() {
    const auto head_dim = static_cast<float>(shape_.d_model / shape_.heads);
    writer_.AddFloat32(arch_ + ".attention.scale", 1 / head_dim);
    writer_.AddFloat32(arch_ + ".embedding_scale", 12);
    writer_.AddFloat32(arch_ + ".residual_scale", 0.22F);
    writer_.AddFloat32(arch_ + ".logit_scale", 3);
  }

  void AddGraniteHybridMetadata() {
    Uint("feed_forward_length", shape_.d_ff);
    Uint("expert_count", 0);
    Uint("attention.head_count", shape_.heads);
    std::vector<int32_t> kv_heads(shape_.layers);
    for (size_t layer = 0; layer < shape_.layers; ++layer) {
      if (Attends(layer))
        kv_heads[layer] = static_cast<int32_t>(shape_.kv_heads);
    }
    writer_.AddInts(arch_ + ".attention.head_count_kv", kv_heads);
    AddGraniteFactors();
    writer_.AddBool(arch_ + ".rope.scaling.finetuned", false);
    AddMamba2Ssm();
  }

  void Uint(std::string_view key, size_t value) {
    writer_.AddUint32(fmt::format("{}.{}", arch_, key),
                      static_cast<uint32_t>(value));
  }

  void Matrix(const std::string& name, size_t rows, size_t cols) {
    Matrix(name, rows, cols, type_);
  }
  void Matrix(const std::string& name, size_t rows, size_t cols,
              TensorType wanted) {
    AddRandom(name, engine::TypeForRows(wanted, cols), {rows, cols});
  }
  // `count` matrices in one tensor; 0: one that is not stacked.
  void Matrices(const std::string& name, size_t count, size_t rows,
                size_t cols) {
    if (count == 0) return Matrix(name, rows, cols);
    AddRandom(name, engine::TypeForRows(type_, cols), {count, rows, cols});
  }
  void AddRandom(const std::string& name, TensorType type,
                 std::vector<size_t> shape) {
    writer_.AddTensor(name, type, std::move(shape),
                      [bits = bits_, type](std::span<std::byte> piece) {
                        switch (type) {
                          case TensorType::kF32:
                            return FillFloats(bits.get(), piece);
                          case TensorType::kF16:
                            return FillHalves(bits.get(), piece, 10, 15);
                          case TensorType::kBF16:
                            return FillHalves(bits.get(), piece, 7, 127);
                          default:
                            return FillBlocks(bits.get(), type, piece);
                        }
                      });
  }

  using Value = std::function<double(Bits*)>;
  void Vector(const std::string& name, std::vector<size_t> shape,
              const Value& value) {
    writer_.AddTensor(name, TensorType::kF32, std::move(shape),
                      [bits = bits_, value](std::span<std::byte> piece) {
                        for (size_t i = 0; i < piece.size(); i += 4) {
                          const auto x = static_cast<float>(value(bits.get()));
                          std::memcpy(&piece[i], &x, 4);
                        }
                      });
  }
  void Constant(const std::string& name, std::vector<size_t> shape, double x) {
    Vector(name, std::move(shape), [x](Bits*) { return x; });
  }

  void AddMamba1Block(size_t /*layer*/, const std::string& block) {
    Matrix(block + "ssm_in.weight", 2 * d_inner(), shape_.d_model);
    Matrix(block + "ssm_x.weight", dt_rank() + 2 * shape_.state, d_inner());
    Matrix(block + "ssm_dt.weight", d_inner(), dt_rank());
    Matrix(block + "ssm_out.weight", shape_.d_model, d_inner());
    AddConvolution(block, d_inner());
    AddTimeSteps(block, d_inner());
    AddDecays(block, {d_inner(), shape_.state});
    Constant(block + "ssm_d", {d_inner()}, 1);
  }

  void AddConvolution(const std::string& block, size_t channels) {
    Vector(block + "ssm_conv1d.weight", {channels, kConvWidth},
           [](Bits* bits) { return 0.3 * bits->Normal(); });
    Constant(block + "ssm_conv1d.bias", {channels}, 0);
  }
  // Log-uniform in [0.001, 0.1], through the inverse of softplus.
  void AddTimeSteps(const std::string& block, size_t size) {
    Vector(block + "ssm_dt.bias", {size}, [](Bits* bits) {
      return std::log(std::expm1(0.001 * std::pow(100.0, bits->Unit())));
    });
  }
  void AddDecays(const std::string& block, std::vector<size_t> shape) {
    Vector(block + "ssm_a", std::move(shape),
           [](Bits* bits) { return -1 - 15 * bits->Unit(); });
  }

  void AddMamba2Block(size_t /*layer*/, const std::string& block) {
    AddMamba2(block);
    Constant(block + "ssm_norm.weight",
             {shape_.groups, d_inner() / shape_.groups}, 1);
  }

  void AddMamba2(const std::string& block) {
    const size_t heads = d_inner() / shape_.ssm_head_dim;
    const size_t conv_dim = d_inner() + 2 * shape_.groups * shape_.state;
    Matrix(block + "ssm_in.weight", d_inner() + conv_dim + heads,
           shape_.d_model);
    Matrix(block + "ssm_out.weight", shape_.d_model, d_inner());
    AddConvolution(block, conv_dim);
    AddTimeSteps(block, heads);
    AddDecays(block, {heads, 1});
    Constant(block + "ssm_d", {heads, 1}, 1);
  }

  void AddGraniteHybridBlock(size_t layer, const std::string& block) {
    if (Attends(layer)) return AddLlamaBlock(layer, block);
    AddMamba2Block(layer, block);
    Constant(block + "ffn_norm.weight", {shape_.d_model}, 1);
    AddFeedForward(block, "");
  }

  // The converter leaves ".weight" out of one name.
  void AddFalconH1Block(size_t /*layer*/, const std::string& block) {
    AddAttention(block);
    AddMamba2(block);
    Constant(block + "ffn_norm", {shape_.d_model}, 1);
    AddFeedForward(block, "");
  }

  void AddLlamaBlock(size_t /*layer*/, const std::string& block) {
    AddAttention(block);
    Constant(block + "ffn_norm.weight", {shape_.d_model}, 1);
    if (shape_.experts == 0) return AddFeedForward(block, "");
    Matrix(block + "ffn_gate_inp.weight", shape_.experts, shape_.d_model,
           TensorType::kF32);
    AddFeedForward(block, "_exps");
  }

  void AddQwen2Block(size_t layer, const std::string& block) {
    AddLlamaBlock(layer, block);
    Constant(block + "attn_q.bias", {shape_.d_model}, 0);
    Constant(block + "attn_k.bias", {kv_dim()}, 0);
    Constant(block + "attn_v.bias", {kv_dim()}, 0);
  }

  void AddAttention(const std::string& block) {
    const size_t d = shape_.d_model;
    Matrix(block + "attn_q.weight", d, d);
    Matrix(block + "attn_k.weight", kv_dim(), d);
    Matrix(block + "attn_v.weight", kv_dim(), d);
    Matrix(block + "attn_output.weight", d, d);
  }

  // `kind`: "_exps" for the matrices of all experts in one.
  void AddFeedForward(const std::string& block, std::string_view kind) {
    const auto add = [&](std::string_view name, size_t rows, size_t cols) {
      Matrices(fmt::format("{}ffn_{}{}.weight", block, name, kind),
               shape_.experts, rows, cols);
    };
    add("gate", shape_.d_ff, shape_.d_model);
    add("up", shape_.d_ff, shape_.d_model);
    add("down", shape_.d_model, shape_.d_ff);
  }

  const RandomShape& shape_;
  TensorType type_;
  const Family& family_;
  std::string arch_;
  // Shared by the tensors, which are filled one after the other.
  std::shared_ptr<Bits> bits_ = std::make_shared<Bits>();
  engine::GgufWriter writer_;
};

// Mistral's are also those of models that never saw them, so that prompts with
// them are laid out as for a model that was not trained to fill in.
constexpr FimNames kMistralFim{"[PREFIX]", "[MIDDLE]", "[SUFFIX]"};
constexpr FimNames kQwenFim{"<|fim_prefix|>", "<|fim_middle|>",
                            "<|fim_suffix|>"};
constexpr FimNames kFalconFim{"<|prefix|>", "<|middle|>", "<|suffix|>"};

constexpr std::array<ModelPlan::Family, 7> ModelPlan::kFamilies = {{
    {Architecture::kMamba1, &ModelPlan::AddMamba1Metadata,
     &ModelPlan::AddMamba1Block, kMistralFim},
    {Architecture::kMamba2, &ModelPlan::AddMamba2Metadata,
     &ModelPlan::AddMamba2Block, kMistralFim},
    {Architecture::kLlama, &ModelPlan::AddLlamaMetadata,
     &ModelPlan::AddLlamaBlock, kMistralFim},
    {Architecture::kQwen2, &ModelPlan::AddLlamaMetadata,
     &ModelPlan::AddQwen2Block, kQwenFim},
    {Architecture::kGranite, &ModelPlan::AddGraniteMetadata,
     &ModelPlan::AddLlamaBlock, kQwenFim},
    {Architecture::kGraniteHybrid, &ModelPlan::AddGraniteHybridMetadata,
     &ModelPlan::AddGraniteHybridBlock, kQwenFim},
    {Architecture::kFalconH1, &ModelPlan::AddFalconH1Metadata,
     &ModelPlan::AddFalconH1Block, kFalconFim},
}};

}  // namespace

base::Status WriteRandomModel(
    const RandomShape& shape, TensorType type,
    const std::filesystem::path& path,
    const std::function<void(size_t, size_t)>& on_progress) {
  ModelPlan plan(shape, type);
  plan.AddMetadata();
  plan.AddTensors();
  const size_t total = plan.writer().data_bytes();
  return plan.writer().Write(path,
                             [&](size_t done) { on_progress(done, total); });
}

}  // namespace krait::daemon
