// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_KERNELS_H_
#define KRAIT_ENGINE_VULKAN_KERNELS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include "engine/error.h"
#include "engine/model/hyperparameters.h"
#include "engine/vulkan/chunked_scan.h"
#include "engine/vulkan/commands.h"
#include "engine/vulkan/device_sequence.h"
#include "engine/vulkan/pipelines.h"
#include "simd/rope.h"
#include "simd/weight_format.h"

namespace krait::engine::vulkan {

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
  // Whether the tokens are of one sequence and follow each other: they share
  // what is read. Rounds differently.
  bool one_sequence = false;
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

// Mamba's convolution of a layer.
struct Convolve {
  Address x = 0;  // [tokens], x_stride apart: channels
  size_t x_stride = 0;
  Address y = 0;  // likewise; may be x if the strides are equal
  size_t y_stride = 0;
  Address weight = 0;  // [width, channels]
  Address bias = 0;    // [channels]
  size_t channels = 0;
  size_t width = 0;
  size_t window_offset = 0;  // in a state, in floats
  // Of the longest sequence, where pieces of each are to run side by side: y is
  // not x then, and no state what another goes on from. 0: each in one go.
  size_t most_tokens = 0;
};

// Mamba-2's recurrence of a layer.
struct ScanHeads {
  Mamba2Shape shape;
  Address x = 0;          // [tokens], in_proj_rows apart: x, B, C, dt
  Address y = 0;          // [tokens, d_inner]
  Address dt_bias = 0;    // [heads]
  Address a = 0;          // [heads], negative
  Address d = 0;          // [heads]
  size_t ssm_offset = 0;  // in a state, in floats
};

// Mamba-1's.
struct ScanChannels {
  Mamba1Shape shape;
  Address x = 0;         // [tokens, d_inner]
  Address dt = 0;        // [tokens, d_inner], without bias and softplus
  Address selected = 0;  // [tokens], selected_stride apart: narrow dt, B, C
  size_t selected_stride = 0;
  Address y = 0;          // [tokens, d_inner]
  Address dt_bias = 0;    // [d_inner]
  Address a = 0;          // [state, d_inner], negative
  Address d = 0;          // [d_inner]
  size_t ssm_offset = 0;  // in a state, in floats
};

// Mamba's gate.
struct Gate {
  Address y = 0;  // [tokens, groups * size]
  Address z = 0;  // [tokens], z_stride apart
  size_t z_stride = 0;
  size_t groups = 1;
  size_t size = 0;
  Address weight = 0;  // [groups * size]; 0: without a norm
  float eps = 0;
};

// Records krait's shaders. What a token gets depends, bit for bit, neither on
// the others of its batch nor on how many they are. Thread-compatible.
class Kernels {
 public:
  static constexpr size_t kMaxHeadDim = 256;
  // Raised with each change of an order of sums or of what is rounded, so that
  // states of before are not gone on from.
  static constexpr int kNumericsVersion = 4;

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
  // y[t * y_stride + r] = (W x_t)[r] of x[tokens], x_stride apart: cols, both
  // multiples of 16 bytes where the weights are in blocks. MatVec streams the
  // weights, once for up to eight tokens; MatMul has tiles of tokens. They
  // round differently.
  struct Product {
    Address x = 0;
    size_t x_stride = 0;  // in floats, as y_stride
    Address y = 0;
    size_t y_stride = 0;
    Address packed = 0;  // what Pack made of x, where MatMul wants that
  };
  void MatVec(Commands& commands, const Matrix& w, const Product& product,
              size_t tokens) const;
  void MatMul(Commands& commands, const Matrix& w, const Product& product,
              size_t tokens) const;
  // How MatMul multiplies with matrices of a format. If not kPlain, it wants
  // the inputs packed: PackedBytes of memory, in which Pack puts those of as
  // many tokens.
  MatMulKind KindOf(simd::WeightType type) const;
  static size_t PackedBytes(MatMulKind kind, size_t tokens, size_t cols);
  void Pack(Commands& commands, MatMulKind kind, Address x, size_t x_stride,
            size_t tokens, size_t cols, Address packed) const;
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
  // Makes the shaders of attention with heads of that size; to be called before
  // these are used. kUnsupported: more than kMaxHeadDim.
  Status PrepareAttention(size_t head_dim);
  void Attention(Commands& commands, const Attend& attend, size_t tokens) const;
  // uses (ExpertUse[tokens, used]) of scores[tokens, experts]: those with the
  // highest scores, weighted by the softmax of these.
  void Route(Commands& commands, Address scores, size_t tokens, size_t experts,
             size_t used, Address uses) const;
  // Uses of experts, in the order of the tokens, and by their experts.
  struct Grouped {
    Address uses = 0;    // ExpertUse[count]
    Address order = 0;   // uint32[count]: numbers of uses, by their experts
    Address begins = 0;  // uint32[experts + 1]: where an expert's are
    size_t experts = 0;
  };
  // Makes the order of the uses.
  void GroupUses(Commands& commands, const Grouped& grouped,
                 size_t count) const;
  // y[u] = W x of the expert of each of `count` uses; x[count / uses_per_x,
  // cols], y[count, rows]. No expert has more than `tokens` of them: of one
  // token they need not be grouped; those of several share what is read.
  void MatVecExperts(Commands& commands, const ExpertMatrices& w,
                     const Product& product, const Grouped& grouped,
                     size_t count, size_t uses_per_x, size_t tokens) const;
  // The same for many tokens, in tiles of those that use the same expert, with
  // x packed as for MatMul.
  void MatMulExperts(Commands& commands, const ExpertMatrices& w,
                     const Product& product, const Grouped& grouped,
                     size_t count, size_t uses_per_x, size_t tokens) const;
  // y[tokens, size] = y_scale * y + the sums of parts[tokens, used, size],
  // weighted by their uses. With a y_scale of 0 it does not matter what y was.
  void Combine(Commands& commands, Address parts, Address uses, size_t tokens,
               size_t used, size_t size, float y_scale, Address y) const;
  // x[tokens, size] *= scales[size]
  void ScaleColumns(Commands& commands, Address x, Address scales,
                    size_t tokens, size_t size) const;
  // Makes the shaders of Mamba's mixers of a shape; to be called before these
  // are used. kUnsupported: they cannot run it.
  Status PrepareMamba1(const Mamba1Shape& shape);
  Status PrepareMamba2(const Mamba2Shape& shape);
  // y = SiLU(conv1d(x)), from and to the states' windows.
  void ConvSilu(Commands& commands, const Convolve& convolve,
                const DeviceSequences& sequences) const;
  // y of the recurrence, from and to the states, token by token.
  void SsmScan(Commands& commands, const ScanHeads& scan,
               const DeviceSequences& sequences) const;
  // The same in chunks; of PrepareMamba2.
  const ChunkedScan& chunked_scan() const { return chunked_scan_; }
  void SelectiveScan(Commands& commands, const ScanChannels& scan,
                     const DeviceSequences& sequences) const;
  // y = GroupRMSNorm(y * SiLU(z)) * weight, or without the norm.
  void GateNorm(Commands& commands, const Gate& gate, size_t tokens) const;
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
  using MatVecPipelines = std::array<Pipeline, 4>;  // of kMatVecTokens
  struct OfFormat {
    Pipeline embed;
    Pipeline matmul;
    MatVecPipelines matvec;
    MatVecPipelines matvec_experts;
    Pipeline matmul_experts;
  };
  explicit Kernels(std::shared_ptr<Device> device)
      : device_(std::move(device)) {}
  Result<MatVecPipelines> MakeMatVec(simd::WeightType type,
                                     std::string_view shader);
  Result<Pipeline> MakeMatMul(simd::WeightType type, bool experts);
  // Which tokens of how many inputs a product has.
  struct Rows {
    size_t inputs = 0;
    size_t tokens = 0;  // of an expert at most, if there are some
    Grouped grouped = {};
    size_t uses_per_x = 1;
  };
  void RecordMatMul(Commands& commands, const Pipeline& pipeline,
                    Address matrices, const Matrix& shape,
                    const Product& product, const Rows& rows) const;
  const OfFormat& Of(simd::WeightType type) const {
    return formats_[static_cast<size_t>(type)];
  }

  std::shared_ptr<Device> device_;
  std::unique_ptr<Pipelines> pipelines_;
  std::array<OfFormat, simd::kWeightFormats.size()> formats_;
  Pipeline add_scaled_;
  Pipeline attention_;
  Pipeline attention_block_;
  Pipeline combine_;
  Pipeline conv_silu_;
  Pipeline gate_norm_;
  Pipeline group_uses_;
  Pipeline log_rows_;
  Pipeline pack_;  // for the device's kind of products
  Pipeline place_heads_;
  Pipeline rms_norm_;
  Pipeline route_;
  Pipeline scale_columns_;
  Pipeline selective_scan_;
  Pipeline silu_mul_;
  Pipeline ssm_scan_;
  ChunkedScan chunked_scan_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_KERNELS_H_
