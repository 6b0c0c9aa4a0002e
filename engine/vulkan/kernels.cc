// SPDX-License-Identifier: Apache-2.0
// Each function lays out a shader's parameters as the shader's block has them:
// addresses first, so that there is no padding.

#include "engine/vulkan/kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "engine/vulkan/kernel_grids.h"
#include "simd/weights.h"

namespace krait::engine::vulkan {
namespace {

// Of a state, what an invocation keeps in registers.
constexpr size_t kMaxStateRows = 256;

// As in conv_silu.comp.
bool ConvolutionFits(size_t width) {
  return width >= 2 && width <= 8;
}

// What shaders load four at a time, where weights are in blocks.
void CheckInputs(const Matrix& w, Address x, size_t x_stride) {
  if (simd::FormatOf(w.type).block_elements == 1) return;
  assert(x % 16 == 0 && x_stride % 4 == 0);
  static_cast<void>(x);
  static_cast<void>(x_stride);
}

}  // namespace

Status CheckMatrix(simd::WeightType type, size_t rows, size_t cols) {
  const size_t halves = rows * simd::RowBytes(type, cols) / 2;
  if (halves <= INT32_MAX) return {};
  return MakeError(
      ErrorCode::kUnsupported,
      fmt::format("a matrix of {} x {} {} takes more than the 4 GiB that a "
                  "graphics card's kernels can count",
                  rows, cols, simd::FormatOf(type).name));
}

Result<std::unique_ptr<Kernels>> Kernels::Create(
    std::shared_ptr<Device> device, const std::filesystem::path& cache_folder) {
  std::unique_ptr<Kernels> kernels(new Kernels(device));
  Result<std::unique_ptr<Pipelines>> pipelines =
      Pipelines::Create(std::move(device), cache_folder);
  if (!pipelines) return pipelines.error();
  kernels->pipelines_ = std::move(*pipelines);
  const std::pair<const char*, Pipeline*> shaders[] = {
      {"add_scaled", &kernels->add_scaled_},
      {"attention", &kernels->attention_},
      {"combine", &kernels->combine_},
      {"conv_silu", &kernels->conv_silu_},
      {"gate_norm", &kernels->gate_norm_},
      {"group_uses", &kernels->group_uses_},
      {"log_rows", &kernels->log_rows_},
      {"place_heads", &kernels->place_heads_},
      {"rms_norm", &kernels->rms_norm_},
      {"route", &kernels->route_},
      {"scale_columns", &kernels->scale_columns_},
      {"silu_mul", &kernels->silu_mul_}};
  for (const auto& [name, pipeline] : shaders) {
    const Result<Pipeline> made = kernels->pipelines_->Get(name);
    if (!made) return made.error();
    *pipeline = *made;
  }
  const MatMulKind kind = kernels->device_->matmul();
  if (kind == MatMulKind::kPlain) return kernels;
  const Result<Pipeline> pack = kernels->pipelines_->Get(
      kind == MatMulKind::kInt8 ? "pack_int8" : "pack_halves");
  if (!pack) return pack.error();
  kernels->pack_ = *pack;
  return kernels;
}

Status Kernels::Prepare(simd::WeightType type) {
  OfFormat& of = formats_[static_cast<size_t>(type)];
  const Result<Pipeline> embed =
      pipelines_->Get(fmt::format("embed_{}", simd::FormatOf(type).name));
  if (!embed) return embed.error();
  of.embed = *embed;
  const Result<MatVecPipelines> matvec = MakeMatVec(type, "matvec");
  if (!matvec) return matvec.error();
  of.matvec = *matvec;
  const Result<Pipeline> matmul = MakeMatMul(type, /*experts=*/false);
  if (!matmul) return matmul.error();
  of.matmul = *matmul;
  return {};
}

Status Kernels::PrepareExperts(simd::WeightType type) {
  const Result<MatVecPipelines> matvec = MakeMatVec(type, "matvec_experts");
  if (!matvec) return matvec.error();
  const Result<Pipeline> matmul = MakeMatMul(type, /*experts=*/true);
  if (!matmul) return matmul.error();
  OfFormat& of = formats_[static_cast<size_t>(type)];
  of.matvec_experts = *matvec;
  of.matmul_experts = *matmul;
  return {};
}

Result<Kernels::MatVecPipelines> Kernels::MakeMatVec(simd::WeightType type,
                                                     std::string_view shader) {
  const std::string name =
      fmt::format("{}_{}", shader, simd::FormatOf(type).name);
  MatVecPipelines variants;
  static_assert(variants.size() == std::size(kMatVecTokens));
  for (size_t i = 0; i < variants.size(); ++i) {
    const uint32_t tokens = U32(kMatVecTokens[i]);
    const Result<Pipeline> made = pipelines_->Get(name, {&tokens, 1});
    if (!made) return made.error();
    variants[i] = *made;
  }
  return variants;
}

MatMulKind Kernels::KindOf(simd::WeightType type) const {
  const MatMulKind kind = device_->matmul();
  const bool has_blocks = simd::FormatOf(type).block_elements > 1;
  return kind == MatMulKind::kInt8 && !has_blocks ? MatMulKind::kPlain : kind;
}

Result<Pipeline> Kernels::MakeMatMul(simd::WeightType type, bool experts) {
  const auto name = [&](std::string_view shader) {
    return fmt::format("{}_{}", shader, simd::FormatOf(type).name);
  };
  const uint32_t has_experts = experts ? 1 : 0;
  switch (KindOf(type)) {
    case MatMulKind::kPlain:
      return pipelines_->Get(name("matmul"), {&has_experts, 1});
    case MatMulKind::kInt8:
      return pipelines_->Get(name("matmul_int8"), {&has_experts, 1});
    case MatMulKind::kCooperative:
      break;
  }
  const DeviceInfo& info = device_->info();
  const uint32_t constants[] = {4 * info.subgroup_size, info.cooperative.m,
                                info.cooperative.n, info.cooperative.k,
                                has_experts};
  return pipelines_->Get(name("matmul_cooperative"), constants,
                         Subgroups::kFull);
}

void Kernels::Embed(Commands& commands, const Matrix& embedding, Address ids,
                    size_t tokens, float scale, Address x) const {
  const struct {
    Address matrix, ids, x;
    uint32_t cols;
    float scale;
  } parameters = {embedding.address, ids, x, U32(embedding.cols), scale};
  const size_t groups = DivideUp(embedding.cols, kGroupElements);
  commands.Dispatch(Of(embedding.type).embed, parameters,
                    {.x = U32(DivideUp(groups, 64)), .y = U32(tokens)});
}

void Kernels::MatVec(Commands& commands, const Matrix& w,
                     const Product& product, size_t tokens) const {
  const struct {
    Address matrix, x, y;
    uint32_t rows, cols, x_stride, y_stride, tokens, padding;
  } parameters = {w.address,
                  product.x,
                  product.y,
                  U32(w.rows),
                  U32(w.cols),
                  U32(product.x_stride),
                  U32(product.y_stride),
                  U32(tokens),
                  0};
  CheckInputs(w, product.x, product.x_stride);
  const size_t variant = MatVecVariant(tokens);
  commands.Dispatch(Of(w.type).matvec[variant], parameters,
                    MatVecGrid(w.rows, DivideUp(tokens, kMatVecTokens[variant]),
                               device_->info().subgroup_size));
}

size_t Kernels::PackedBytes(MatMulKind kind, size_t tokens, size_t cols) {
  if (kind == MatMulKind::kPlain) return 0;
  const size_t factors =
      kind == MatMulKind::kInt8 ? tokens * cols / kGroupElements * 2 : tokens;
  return FactorsOffset(kind, tokens, cols) + factors * sizeof(float);
}

void Kernels::Pack(Commands& commands, MatMulKind kind, Address x,
                   size_t x_stride, size_t tokens, size_t cols,
                   Address packed) const {
  const struct {
    Address x, packed, factors;
    uint32_t cols, x_stride, packed_cols, padding;
  } parameters = {
      x,         packed,        packed + FactorsOffset(kind, tokens, cols),
      U32(cols), U32(x_stride), U32(PackedCols(kind, cols)),
      0};
  const bool int8 = kind == MatMulKind::kInt8;
  commands.Dispatch(
      pack_, parameters,
      int8 ? Grid{.x = U32(DivideUp(cols, size_t{32} * 64)), .y = U32(tokens)}
           : Grid{.x = U32(tokens)});
}

void Kernels::MatMul(Commands& commands, const Matrix& w,
                     const Product& product, size_t tokens) const {
  RecordMatMul(commands, Of(w.type).matmul, w.address, w, product,
               {.inputs = tokens, .tokens = tokens});
}

void Kernels::GroupUses(Commands& commands, const Grouped& grouped,
                        size_t count) const {
  const struct {
    Address uses, order, begins;
    uint32_t count, experts;
  } parameters = {grouped.uses, grouped.order, grouped.begins, U32(count),
                  U32(grouped.experts)};
  commands.Dispatch(group_uses_, parameters, {});
}

void Kernels::MatMulExperts(Commands& commands, const ExpertMatrices& w,
                            const Product& product, const Grouped& grouped,
                            size_t count, size_t uses_per_x,
                            size_t tokens) const {
  RecordMatMul(commands, Of(w.shape.type).matmul_experts, w.table, w.shape,
               product,
               {.inputs = count / uses_per_x,
                .tokens = tokens,
                .grouped = grouped,
                .uses_per_x = uses_per_x});
}

// Packed inputs are two arrays where others are one.
void Kernels::RecordMatMul(Commands& commands, const Pipeline& pipeline,
                           Address matrices, const Matrix& shape,
                           const Product& product, const Rows& rows) const {
  const MatMulKind kind = KindOf(shape.type);
  const Grid grid = MatMulGrid(kind, shape.rows, rows.tokens,
                               std::max<size_t>(rows.grouped.experts, 1));
  struct Outputs {
    Address y, order, begins;
    uint32_t rows, cols, x_stride, y_stride, tokens, uses_per_x;
  } outputs = {product.y,
               rows.grouped.order,
               rows.grouped.begins,
               U32(shape.rows),
               U32(shape.cols),
               U32(product.x_stride),
               U32(product.y_stride),
               U32(rows.tokens),
               U32(rows.uses_per_x)};
  if (kind == MatMulKind::kPlain) {
    const struct {
      Address matrices, x;
      Outputs outputs;
    } parameters = {matrices, product.x, outputs};
    return commands.Dispatch(pipeline, parameters, grid);
  }
  assert(product.packed != 0);
  outputs.x_stride = U32(PackedCols(kind, shape.cols));
  const struct {
    Address matrices, x, factors;
    Outputs outputs;
  } parameters = {matrices, product.packed,
                  product.packed + FactorsOffset(kind, rows.inputs, shape.cols),
                  outputs};
  commands.Dispatch(pipeline, parameters, grid);
}

void Kernels::RmsNorm(Commands& commands, Address x, Address weight,
                      size_t tokens, size_t size, float eps, float scale,
                      Address y) const {
  const struct {
    Address x, weight, y;
    uint32_t size;
    float eps, scale;
    uint32_t padding;
  } parameters = {x, weight, y, U32(size), eps, scale, 0};
  commands.Dispatch(rms_norm_, parameters, {.x = U32(tokens)});
}

void Kernels::AddScaled(Commands& commands, Address x, float x_scale,
                        size_t size, float y_scale, Address y) const {
  const struct {
    Address x, y;
    uint32_t size;
    float x_scale, y_scale;
    uint32_t padding;
  } parameters = {x, y, U32(size), x_scale, y_scale, 0};
  commands.Dispatch(add_scaled_, parameters, GridFor(size, 128));
}

void Kernels::SiluMul(Commands& commands, Address gate, float gate_scale,
                      Address up, size_t size, float out_scale) const {
  const struct {
    Address gate, up;
    uint32_t size;
    float gate_scale, out_scale;
    uint32_t padding;
  } parameters = {gate, up, U32(size), gate_scale, out_scale, 0};
  commands.Dispatch(silu_mul_, parameters, GridFor(size, 128));
}

void Kernels::Place(Commands& commands, const PlaceHeads& heads,
                    size_t tokens) const {
  constexpr uint32_t kHasBias = 1;
  constexpr uint32_t kHalfSplit = 2;
  constexpr uint32_t kToPage = 4;
  const uint32_t flags =
      (heads.bias != 0 ? kHasBias : 0) |
      (heads.pairing == simd::RopePairing::kHalfSplit ? kHalfSplit : 0) |
      (heads.to_page ? kToPage : 0);
  const struct {
    Address x, bias, angles, rows;
    uint32_t heads, head_dim, rope_dim, flags, page_offset;
    float scale;
  } parameters = {heads.x,
                  heads.bias,
                  heads.angles,
                  heads.rows,
                  U32(heads.heads),
                  U32(heads.head_dim),
                  U32(heads.rope_dim),
                  flags,
                  U32(heads.page_offset),
                  heads.scale};
  const size_t units = heads.heads * (heads.head_dim - heads.rope_dim / 2);
  commands.Dispatch(place_heads_, parameters,
                    {.x = U32(DivideUp(units, 64)), .y = U32(tokens)});
}

Status Kernels::PrepareAttention(size_t head_dim) {
  if (head_dim > kMaxHeadDim) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("heads of {} elements, more than {}, are not "
                                 "run on a graphics card",
                                 head_dim, kMaxHeadDim));
  }
  const uint32_t pieces = U32(DivideUp(head_dim, kAttentionPiece));
  const Result<Pipeline> made =
      pipelines_->Get("attention_block", {&pieces, 1});
  if (!made) return made.error();
  attention_block_ = *made;
  return {};
}

void Kernels::Attention(Commands& commands, const Attend& attend,
                        size_t tokens) const {
  assert(attend.head_dim <= kMaxHeadDim);
  const struct {
    Address q, y, rows;
    uint32_t heads, kv_heads, head_dim, page_offset, window;
    float scale;
    uint32_t tokens, padding;
  } parameters = {attend.q,
                  attend.y,
                  attend.rows,
                  U32(attend.heads),
                  U32(attend.kv_heads),
                  U32(attend.head_dim),
                  U32(attend.page_offset),
                  U32(attend.window),
                  attend.scale,
                  U32(tokens),
                  0};
  if (attend.one_sequence) {
    const size_t rows = tokens * (attend.heads / attend.kv_heads);
    return commands.Dispatch(
        attention_block_, parameters,
        {.x = U32(DivideUp(rows, kAttentionRows)), .y = U32(attend.kv_heads)});
  }
  commands.Dispatch(attention_, parameters,
                    {.x = U32(attend.heads), .y = U32(tokens)});
}

void Kernels::Route(Commands& commands, Address scores, size_t tokens,
                    size_t experts, size_t used, Address uses) const {
  const struct {
    Address scores, uses;
    uint32_t tokens, experts, used, padding;
  } parameters = {scores, uses, U32(tokens), U32(experts), U32(used), 0};
  commands.Dispatch(route_, parameters, {.x = U32(DivideUp(tokens, 32))});
}

void Kernels::MatVecExperts(Commands& commands, const ExpertMatrices& w,
                            const Product& product, const Grouped& grouped,
                            size_t count, size_t uses_per_x,
                            size_t tokens) const {
  const Matrix& shape = w.shape;
  const struct {
    Address matrices, x, y, uses, order, begins;
    uint32_t rows, cols, x_stride, y_stride, uses_per_x, padding;
  } parameters = {w.table,
                  product.x,
                  product.y,
                  grouped.uses,
                  grouped.order,
                  grouped.begins,
                  U32(shape.rows),
                  U32(shape.cols),
                  U32(product.x_stride),
                  U32(product.y_stride),
                  U32(uses_per_x),
                  0};
  CheckInputs(shape, product.x, product.x_stride);
  // Twice as many as an expert has on the average share; if there are more,
  // what is read comes by again.
  const size_t sharing =
      tokens == 1 ? 1
                  : std::clamp<size_t>(2 * count / grouped.experts, 2, tokens);
  commands.Dispatch(
      Of(shape.type).matvec_experts[MatVecVariant(sharing)], parameters,
      MatVecGrid(shape.rows, tokens == 1 ? count : grouped.experts,
                 device_->info().subgroup_size));
}

void Kernels::Combine(Commands& commands, Address parts, Address uses,
                      size_t tokens, size_t used, size_t size, float y_scale,
                      Address y) const {
  const struct {
    Address parts, uses, y;
    uint32_t used, size;
    float y_scale;
    uint32_t padding;
  } parameters = {parts, uses, y, U32(used), U32(size), y_scale, 0};
  commands.Dispatch(combine_, parameters,
                    {.x = U32(DivideUp(size, 128)), .y = U32(tokens)});
}

void Kernels::ScaleColumns(Commands& commands, Address x, Address scales,
                           size_t tokens, size_t size) const {
  const struct {
    Address x, scales;
    uint32_t size, padding;
  } parameters = {x, scales, U32(size), 0};
  commands.Dispatch(scale_columns_, parameters,
                    {.x = U32(DivideUp(size, 64)), .y = U32(tokens)});
}

Status Kernels::PrepareMamba1(const Mamba1Shape& shape) {
  if (shape.state > kMaxStateRows || !ConvolutionFits(shape.conv_width)) {
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("Mamba-1 with a state of {} and a convolution of {} is not "
                    "run on a graphics card",
                    shape.state, shape.conv_width));
  }
  const uint32_t constants[] = {U32(shape.state)};
  const Result<Pipeline> made = pipelines_->Get("selective_scan", constants);
  if (!made) return made.error();
  selective_scan_ = *made;
  return {};
}

Status Kernels::PrepareMamba2(const Mamba2Shape& shape) {
  constexpr size_t kMaxSsmHeadDim = 256;  // as in ssm_scan.comp
  const size_t parts =
      shape.head_dim > kMaxSsmHeadDim
          ? 1
          : kMaxSsmHeadDim / std::max<size_t>(shape.head_dim, 1);
  if (shape.head_dim > kMaxSsmHeadDim || !ConvolutionFits(shape.conv_width) ||
      DivideUp(shape.state, parts) > kMaxStateRows) {
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("Mamba-2 with heads of {}, a state of {} and a convolution "
                    "of {} is not run on a graphics card",
                    shape.head_dim, shape.state, shape.conv_width));
  }
  const uint32_t constants[] = {U32(shape.head_dim), U32(shape.state)};
  const Result<Pipeline> made = pipelines_->Get("ssm_scan", constants);
  if (!made) return made.error();
  ssm_scan_ = *made;
  return chunked_scan_.Prepare(*pipelines_);
}

void Kernels::ConvSilu(Commands& commands, const Convolve& convolve,
                       const DeviceSequences& sequences) const {
  const struct {
    Address x, y, weight, bias, sequences;
    uint32_t channels, width, x_stride, y_stride, window_offset, padding;
  } parameters = {convolve.x,
                  convolve.y,
                  convolve.weight,
                  convolve.bias,
                  sequences.address,
                  U32(convolve.channels),
                  U32(convolve.width),
                  U32(convolve.x_stride),
                  U32(convolve.y_stride),
                  U32(convolve.window_offset),
                  0};
  const size_t pieces = DivideUp(convolve.most_tokens, kConvolutionPiece);
  commands.Dispatch(conv_silu_, parameters,
                    {.x = U32(DivideUp(convolve.channels, 64)),
                     .y = U32(sequences.count),
                     .z = U32(std::max<size_t>(pieces, 1))});
}

void Kernels::SsmScan(Commands& commands, const ScanHeads& scan,
                      const DeviceSequences& sequences) const {
  const Mamba2Shape& shape = scan.shape;
  const struct {
    Address x, y, dt_bias, a, d, sequences;
    uint32_t heads, groups, stride, ssm_offset;
  } parameters = {scan.x,
                  scan.y,
                  scan.dt_bias,
                  scan.a,
                  scan.d,
                  sequences.address,
                  U32(shape.heads),
                  U32(shape.groups),
                  U32(shape.in_proj_rows()),
                  U32(scan.ssm_offset)};
  commands.Dispatch(ssm_scan_, parameters,
                    {.x = U32(shape.heads), .y = U32(sequences.count)});
}

void Kernels::SelectiveScan(Commands& commands, const ScanChannels& scan,
                            const DeviceSequences& sequences) const {
  const Mamba1Shape& shape = scan.shape;
  const struct {
    Address x, dt, selected, y, dt_bias, a, d, sequences;
    uint32_t channels, dt_rank, selected_stride, ssm_offset;
  } parameters = {scan.x,
                  scan.dt,
                  scan.selected,
                  scan.y,
                  scan.dt_bias,
                  scan.a,
                  scan.d,
                  sequences.address,
                  U32(shape.d_inner),
                  U32(shape.dt_rank),
                  U32(scan.selected_stride),
                  U32(scan.ssm_offset)};
  commands.Dispatch(
      selective_scan_, parameters,
      {.x = U32(DivideUp(shape.d_inner, 64)), .y = U32(sequences.count)});
}

void Kernels::GateNorm(Commands& commands, const Gate& gate,
                       size_t tokens) const {
  const struct {
    Address y, z, weight;
    uint32_t size, stride, has_norm;
    float eps;
  } parameters = {gate.y,
                  gate.z,
                  gate.weight,
                  U32(gate.size),
                  U32(gate.z_stride),
                  gate.weight == 0 ? 0U : 1U,
                  gate.eps};
  commands.Dispatch(gate_norm_, parameters,
                    {.x = U32(gate.groups), .y = U32(tokens)});
}

void Kernels::CopyLogRows(Commands& commands, const LogRows& copy,
                          size_t tokens) const {
  const struct {
    Address x, rows;
    uint32_t size, row_size, stride, page_offset, to_log, padding;
  } parameters = {copy.x,
                  copy.rows,
                  U32(copy.size),
                  U32(copy.row_size),
                  U32(copy.stride),
                  U32(copy.page_offset),
                  copy.to_log ? 1U : 0U,
                  0};
  commands.Dispatch(log_rows_, parameters,
                    {.x = U32(DivideUp(copy.size, 64)), .y = U32(tokens)});
}

}  // namespace krait::engine::vulkan
