// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_layers.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/state/recurrent_layout.h"
#include "simd/weights.h"

namespace krait::engine::vulkan {

DeviceAttention::DeviceAttention(const AttentionShape& shape,
                                 size_t cache_layer, DeviceLayerReader& read)
    : shape_(shape),
      page_offset_(cache_layer * 2 * kBlockTokens * shape.kv_heads *
                   shape.head_dim),
      wq_(read.Matrix("attn_q.weight")),
      wk_(read.Matrix("attn_k.weight")),
      wv_(read.Matrix("attn_v.weight")),
      wo_(read.Matrix("attn_output.weight")) {
  if (shape_.scale == 0) {
    shape_.scale = 1 / std::sqrt(static_cast<float>(shape_.head_dim));
  }
  if (!shape.has_biases) return;
  bq_ = read.Vector("attn_q.bias");
  bk_ = read.Vector("attn_k.bias");
  bv_ = read.Vector("attn_v.bias");
}

void DeviceAttention::Record(const DeviceBatch& batch, Address x,
                             Address y) const {
  const DeviceScratch& b = batch.buffers;
  batch.Multiply(wq_, x, b.q);
  batch.Multiply(wk_, x, b.k);
  batch.Multiply(wv_, x, b.v);
  batch.commands.Barrier();
  Place(batch);
  batch.commands.Barrier();
  batch.kernels.Attention(batch.commands,
                          {.q = b.q,
                           .y = b.attended,
                           .rows = batch.rows,
                           .heads = shape_.heads,
                           .kv_heads = shape_.kv_heads,
                           .head_dim = shape_.head_dim,
                           .page_offset = page_offset_,
                           .window = shape_.sliding_window,
                           .scale = shape_.scale},
                          batch.tokens);
  batch.commands.Barrier();
  batch.Multiply(wo_, b.attended, y);
  batch.commands.Barrier();
}

// Factors and biases of q, k and v; q and k to their positions, k and v into
// the pages.
void DeviceAttention::Place(const DeviceBatch& batch) const {
  const DeviceScratch& b = batch.buffers;
  PlaceHeads place{.x = b.q,
                   .bias = bq_,
                   .angles = batch.angles,
                   .rows = batch.rows,
                   .heads = shape_.heads,
                   .head_dim = shape_.head_dim,
                   .rope_dim = shape_.rope_dim,
                   .pairing = shape_.rope_pairing,
                   .scale = shape_.q_scale};
  batch.kernels.Place(batch.commands, place, batch.tokens);
  place.x = b.k;
  place.bias = bk_;
  place.heads = shape_.kv_heads;
  place.scale = shape_.k_scale;
  place.to_page = true;
  place.page_offset = page_offset_;
  batch.kernels.Place(batch.commands, place, batch.tokens);
  place.x = b.v;
  place.bias = bv_;
  place.rope_dim = 0;
  place.scale = shape_.v_scale;
  place.page_offset += kBlockTokens * shape_.kv_heads * shape_.head_dim;
  batch.kernels.Place(batch.commands, place, batch.tokens);
}

DeviceMamba2::DeviceMamba2(const Hyperparameters& hparams, size_t state_layer,
                           DeviceLayerReader& read)
    : shape_(hparams.mamba2),
      norm_eps_(hparams.norm_eps),
      state_layer_(state_layer) {
  const RecurrentLayout layout = RecurrentLayoutOf(hparams);
  row_size_ = layout.row_size;
  window_offset_ = state_layer * (layout.conv_size + layout.ssm_size);
  ssm_offset_ = window_offset_ + layout.conv_size;
  in_proj_ = read.Matrix("ssm_in.weight");
  conv_weight_ = read.Columns("ssm_conv1d.weight");
  conv_bias_ = read.Vector("ssm_conv1d.bias");
  dt_bias_ = read.Vector("ssm_dt.bias");
  a_ = read.Vector("ssm_a");
  d_ = read.Vector("ssm_d");
  if (shape_.has_norm) gate_norm_ = read.Vector("ssm_norm.weight");
  out_proj_ = read.Matrix("ssm_out.weight");
}

Mamba2Call DeviceMamba2::CallOf(const DeviceBatch& batch) const {
  return {.shape = shape_,
          .projected = batch.buffers.projected,
          .y = batch.buffers.inner,
          .sequences = batch.sequences,
          .num_sequences = batch.num_sequences,
          .tokens = batch.tokens,
          .window_offset = window_offset_,
          .ssm_offset = ssm_offset_};
}

// The inputs of the recurrence: x, B, C and dt.
void DeviceMamba2::CopyLogRows(const DeviceBatch& batch, bool to_log) const {
  batch.kernels.CopyLogRows(
      batch.commands,
      {.x = batch.buffers.projected + shape_.d_inner * sizeof(float),
       .rows = batch.log_rows,
       .size = shape_.conv_dim() + shape_.heads,
       .row_size = row_size_,
       .stride = shape_.in_proj_rows(),
       .page_offset = state_layer_ * kBlockTokens * row_size_,
       .to_log = to_log},
      batch.tokens);
  batch.commands.Barrier();
}

void DeviceMamba2::Scan(const DeviceBatch& batch,
                        const Mamba2Call& call) const {
  batch.kernels.ConvSilu(batch.commands, call, conv_weight_, conv_bias_);
  batch.commands.Barrier();
  batch.kernels.SsmScan(batch.commands, call, dt_bias_, a_, d_);
  batch.commands.Barrier();
}

void DeviceMamba2::Record(const DeviceBatch& batch, Address x,
                          Address y) const {
  const Mamba2Call call = CallOf(batch);
  batch.Multiply(in_proj_, x, call.projected);
  batch.commands.Barrier();
  if (batch.log_rows != 0) CopyLogRows(batch, /*to_log=*/true);
  Scan(batch, call);
  batch.kernels.GateNorm(batch.commands, call, gate_norm_, norm_eps_);
  batch.commands.Barrier();
  batch.Multiply(out_proj_, call.y, y);
  batch.commands.Barrier();
}

void DeviceMamba2::RecordSettle(const DeviceBatch& batch) const {
  CopyLogRows(batch, /*to_log=*/false);
  Scan(batch, CallOf(batch));
}

DeviceSwiGlu::DeviceSwiGlu(DeviceLayerReader& read, std::string_view suffix)
    : gate_(read.Matrix(fmt::format("ffn_gate{}.weight", suffix))),
      up_(read.Matrix(fmt::format("ffn_up{}.weight", suffix))),
      down_(read.Matrix(fmt::format("ffn_down{}.weight", suffix))) {}

DeviceSwiGlu::DeviceSwiGlu(const Hyperparameters& hparams,
                           DeviceLayerReader& read)
    : DeviceSwiGlu(read, "") {
  gate_scale_ = hparams.swiglu_gate_scale;
  output_scale_ = hparams.swiglu_output_scale;
}

DeviceSwiGlu DeviceSwiGlu::Shared(DeviceLayerReader& read) {
  return {read, "_shexp"};
}

void DeviceSwiGlu::Record(const DeviceBatch& batch, Address x,
                          Address y) const {
  const DeviceScratch& b = batch.buffers;
  batch.Multiply(gate_, x, b.gate);
  batch.Multiply(up_, x, b.up);
  batch.commands.Barrier();
  // A factor of the output is as good before the last product.
  batch.kernels.SiluMul(batch.commands, b.gate, gate_scale_, b.up,
                        batch.tokens * gate_.rows, output_scale_);
  batch.commands.Barrier();
  batch.Multiply(down_, b.gate, y);
  batch.commands.Barrier();
}

DeviceExperts::DeviceExperts(const ExpertsShape& shape, DeviceLayerReader& read)
    : used_(shape.used),
      router_(read.Matrix("ffn_gate_inp.weight")),
      gate_(read.Experts("ffn_gate", shape.count)),
      up_(read.Experts("ffn_up", shape.count)),
      down_(read.Experts("ffn_down", shape.count)) {
  if (shape.shared_d_ff > 0) shared_ = DeviceSwiGlu::Shared(read);
}

size_t DeviceExperts::unused_bytes() const {
  const auto bytes = [](const ExpertMatrices& each) {
    return each.shape.rows * simd::RowBytes(each.shape.type, each.shape.cols);
  };
  return (router_.rows - used_) * (bytes(gate_) + bytes(up_) + bytes(down_));
}

// Each use of an expert is a product of its own, so that a token's bits do not
// depend on the others; many uses of the same expert read it again and again.
void DeviceExperts::Record(const DeviceBatch& batch, Address x,
                           Address y) const {
  const DeviceScratch& b = batch.buffers;
  const Kernels& kernels = batch.kernels;
  Commands& commands = batch.commands;
  const size_t uses = batch.tokens * used_;
  batch.Multiply(router_, x, b.scores);
  commands.Barrier();
  kernels.Route(commands, b.scores, batch.tokens, router_.rows, used_, b.uses);
  commands.Barrier();
  kernels.MatVecExperts(commands, gate_, x, b.uses, uses, used_, b.gate);
  kernels.MatVecExperts(commands, up_, x, b.uses, uses, used_, b.up);
  commands.Barrier();
  kernels.SiluMul(commands, b.gate, 1, b.up, uses * gate_.shape.rows, 1);
  commands.Barrier();
  kernels.MatVecExperts(commands, down_, b.gate, b.uses, uses, 1, b.parts);
  commands.Barrier();
  if (shared_) shared_->Record(batch, x, y);
  kernels.Combine(commands, b.parts, b.uses, batch.tokens, used_, router_.cols,
                  shared_ ? 1 : 0, y);
  commands.Barrier();
}

}  // namespace krait::engine::vulkan
