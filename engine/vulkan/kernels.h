// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_KERNELS_H_
#define KRAIT_ENGINE_VULKAN_KERNELS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "engine/error.h"
#include "engine/model/hyperparameters.h"
#include "engine/vulkan/commands.h"
#include "engine/vulkan/pipelines.h"
#include "simd/rope.h"
#include "simd/weight_format.h"

namespace krait::engine::vulkan {

// Of float32 arrays in the device's memory, unless it says otherwise; 0: none.
using Address = VkDeviceAddress;

// A weight matrix there, as it lies in a model's file; rows are the outputs.
struct Matrix {
  Address address = 0;
  simd::WeightType type = simd::WeightType::kF32;
  size_t rows = 0;
  size_t cols = 0;
};

// kUnsupported: the shaders cannot count its elements, 4 GiB at most.
Status CheckMatrix(simd::WeightType type, size_t rows, size_t cols);

// A token of a batch, as shaders have it: the pages of its sequence's keys and
// values (addresses, by position / kBlockTokens), and its position.
struct DeviceRow {
  Address pages = 0;
  uint32_t position = 0;
  uint32_t unused = 0;
};

// What one of q, k and v becomes behind its projection.
struct PlaceHeads {
  Address x = 0;       // [tokens, heads * head_dim]
  Address bias = 0;    // [heads * head_dim], or none
  Address angles = 0;  // [tokens, 2 (cos, sin), rope_dim / 2]
  Address rows = 0;    // DeviceRow[tokens]
  size_t heads = 0;
  size_t head_dim = 0;
  size_t rope_dim = 0;
  simd::RopePairing pairing = simd::RopePairing::kAdjacent;
  float scale = 1;
  bool to_page = false;    // else it stays in x
  size_t page_offset = 0;  // where in a page, in floats
};

struct Attend {
  Address q = 0;     // [tokens, heads * head_dim]
  Address y = 0;     // likewise
  Address rows = 0;  // DeviceRow[tokens]
  size_t heads = 0;
  size_t kv_heads = 0;
  size_t head_dim = 0;     // at most Kernels::kMaxHeadDim
  size_t page_offset = 0;  // of the keys, in floats; the values follow
  size_t window = 0;
  float scale = 1;
};

// One matrix of each of several experts, of equal shape.
struct ExpertMatrices {
  Address table = 0;  // of their addresses
  Matrix shape;       // of each, without an address
};

// An expert that a token uses, as shaders have it.
struct ExpertUse {
  uint32_t expert = 0;
  float weight = 0;
};

// A sequence of a batch that a recurrence goes along, as shaders have it: the
// tokens of each follow each other.
struct DeviceSequence {
  static constexpr uint32_t kNotKept = UINT32_MAX;

  uint32_t first_token = 0;
  uint32_t tokens = 0;
  uint32_t kept_after = kNotKept;  // tokens; then `kept` becomes the state
  uint32_t unused = 0;
  Address state = 0;
  Address kept = 0;
};

// What the shaders of Mamba-2's mixers have in common.
struct Mamba2Call {
  Mamba2Shape shape;
  Address projected = 0;  // [tokens, in_proj_rows]: z, x, B, C, dt
  Address y = 0;          // [tokens, d_inner]
  Address sequences = 0;  // DeviceSequence[num_sequences]
  size_t num_sequences = 0;
  size_t tokens = 0;
  // In a state, in floats.
  size_t window_offset = 0;
  size_t ssm_offset = 0;
};

// Records krait's shaders. What a token gets depends, bit for bit, neither on
// the others of its batch nor on how many they are. Thread-compatible.
class Kernels {
 public:
  static constexpr size_t kMaxHeadDim = 256;

  // `cache_folder`: see Pipelines.
  static Result<std::unique_ptr<Kernels>> Create(
      std::shared_ptr<Device> device,
      const std::filesystem::path& cache_folder = {});

  // Makes the shaders of a format; to be called before a matrix of it is used.
  Status Prepare(simd::WeightType type);
  // The same for matrices of experts.
  Status PrepareExperts(simd::WeightType type);
  Pipelines& pipelines() { return *pipelines_; }

  // x[tokens, cols] = scale * rows `ids` (uint32[tokens]) of the embedding.
  void Embed(Commands& commands, const Matrix& embedding, Address ids,
             size_t tokens, float scale, Address x) const;
  // y[t * y_stride + r] = (W x_t)[r] of x[tokens, cols]; MatVec streams the
  // weights for each token, MatMul has tiles of tokens. They round differently.
  void MatVec(Commands& commands, const Matrix& w, Address x, size_t tokens,
              Address y, size_t y_stride) const;
  void MatMul(Commands& commands, const Matrix& w, Address x, size_t tokens,
              Address y, size_t y_stride) const;
  // y[tokens, size] = scale * RMSNorm(x) * weight. `y` may be `x`.
  void RmsNorm(Commands& commands, Address x, Address weight, size_t tokens,
               size_t size, float eps, float scale, Address y) const;
  // y = y_scale * y + x_scale * x
  void AddScaled(Commands& commands, Address x, float x_scale, size_t size,
                 float y_scale, Address y) const;
  // gate = out_scale * SiLU(gate_scale * gate) * up
  void SiluMul(Commands& commands, Address gate, float gate_scale, Address up,
               size_t size, float out_scale) const;
  void Place(Commands& commands, const PlaceHeads& heads, size_t tokens) const;
  void Attention(Commands& commands, const Attend& attend, size_t tokens) const;
  // uses (ExpertUse[tokens, used]) of scores[tokens, experts]: those with the
  // highest scores, weighted by the softmax of these.
  void Route(Commands& commands, Address scores, size_t tokens, size_t experts,
             size_t used, Address uses) const;
  // y[u] = W x of the expert of each of `count` uses; x[count / uses_per_x,
  // cols], y[count, rows].
  void MatVecExperts(Commands& commands, const ExpertMatrices& w, Address x,
                     Address uses, size_t count, size_t uses_per_x,
                     Address y) const;
  // y[tokens, size] = y_scale * y + the sums of parts[tokens, used, size],
  // weighted by their uses. With a y_scale of 0 it does not matter what y was.
  void Combine(Commands& commands, Address parts, Address uses, size_t tokens,
               size_t used, size_t size, float y_scale, Address y) const;
  // Makes the shaders of Mamba-2's mixers of a shape; to be called before these
  // are used. kUnsupported: they cannot run it.
  Status PrepareMamba2(const Mamba2Shape& shape);
  // x, B and C of `projected` become SiLU(conv1d(.)), from and to the states'
  // windows; weight [conv_width, conv_dim], bias [conv_dim].
  void ConvSilu(Commands& commands, const Mamba2Call& call, Address weight,
                Address bias) const;
  // y of what ConvSilu left, from and to the states; each [heads].
  void SsmScan(Commands& commands, const Mamba2Call& call, Address dt_bias,
               Address a, Address d) const;
  // y = GroupRMSNorm(y * SiLU(z)) * weight [d_inner], or without the norm.
  void GateNorm(Commands& commands, const Mamba2Call& call, Address weight,
                float eps) const;
  // Copies `size` of each of `tokens` rows of x, `stride` apart, to the pages
  // of a log, or from there; `rows` says where each stands.
  struct LogRows {
    Address x = 0;
    Address rows = 0;  // DeviceRow[tokens]
    size_t size = 0;
    size_t row_size = 0;
    size_t stride = 0;
    size_t page_offset = 0;  // in floats
    bool to_log = true;
  };
  void CopyLogRows(Commands& commands, const LogRows& copy,
                   size_t tokens) const;

 private:
  struct OfFormat {
    Pipeline embed;
    Pipeline matmul;
    Pipeline matvec;
    Pipeline matvec_experts;
  };
  Kernels() = default;
  const OfFormat& Of(simd::WeightType type) const {
    return formats_[static_cast<size_t>(type)];
  }

  std::unique_ptr<Pipelines> pipelines_;
  std::array<OfFormat, simd::kWeightFormats.size()> formats_;
  Pipeline add_scaled_;
  Pipeline attention_;
  Pipeline combine_;
  Pipeline conv_silu_;
  Pipeline gate_norm_;
  Pipeline log_rows_;
  Pipeline place_heads_;
  Pipeline rms_norm_;
  Pipeline route_;
  Pipeline silu_mul_;
  Pipeline ssm_scan_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_KERNELS_H_
