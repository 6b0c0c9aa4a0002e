// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_layers.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/state/state.h"
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
  batch.Multiply({{wq_, b.q}, {wk_, b.k}, {wv_, b.v}}, x, wq_.cols);
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
                           .scale = shape_.scale,
                           .one_sequence = batch.pass == Pass::kPrefill},
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

DeviceParallel::DeviceParallel(const Hyperparameters& hparams,
                               size_t state_layer, size_t cache_layer,
                               DeviceLayerReader& read)
    : d_model_(hparams.d_model),
      mamba2_scale_(hparams.mamba2.output_scale),
      attention_scale_(hparams.attention.output_scale),
      mamba2_(hparams, state_layer, read),
      attention_(hparams.attention, cache_layer, read) {}

void DeviceParallel::Record(const DeviceBatch& batch, Address x,
                            Address y) const {
  attention_.Record(batch, x, batch.buffers.beside);
  mamba2_.Record(batch, x, y);
  batch.kernels.AddScaled(batch.commands, batch.buffers.beside,
                          attention_scale_, batch.tokens * d_model_,
                          mamba2_scale_, y);
  batch.commands.Barrier();
}

DeviceMixer::DeviceMixer(MixerKind kind, const Hyperparameters& hparams,
                         Places* places, DeviceLayerReader& read)
    : mixer_(Make(kind, hparams, places, read)) {}

DeviceMixer::Mixer DeviceMixer::Make(MixerKind kind,
                                     const Hyperparameters& hparams,
                                     Places* places, DeviceLayerReader& read) {
  switch (kind) {
    case MixerKind::kMamba1:
      return DeviceMamba1(hparams, places->recurrent_layers++, read);
    case MixerKind::kMamba2:
      return DeviceMamba2(hparams, places->recurrent_layers++, read);
    case MixerKind::kParallel:
      return DeviceParallel(hparams, places->recurrent_layers++,
                            places->attention_layers++, read);
    case MixerKind::kAttention:
      break;
  }
  return DeviceAttention(hparams.attention, places->attention_layers++, read);
}

void DeviceMixer::Record(const DeviceBatch& batch, Address x, Address y) const {
  std::visit([&](const auto& mixer) { mixer.Record(batch, x, y); }, mixer_);
}

void DeviceMixer::RecordSettle(const DeviceBatch& batch) const {
  std::visit([&](const auto& mixer) { mixer.RecordSettle(batch); }, mixer_);
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
  batch.Multiply({{gate_, b.gate}, {up_, b.up}}, x, gate_.cols);
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

Kernels::Grouped DeviceExperts::Grouped(const DeviceBatch& batch) const {
  return {.uses = batch.buffers.uses,
          .order = batch.buffers.use_order,
          .begins = batch.buffers.use_begins,
          .experts = router_.rows};
}

// A decode has a few uses, an expert's a stream of its weights; in a prefill an
// expert meets all that use it in tiles.
void DeviceExperts::Multiply(const DeviceBatch& batch,
                             std::initializer_list<Output> outputs, Address x,
                             size_t uses_per_x) const {
  const Kernels& kernels = batch.kernels;
  Commands& commands = batch.commands;
  const size_t uses = batch.tokens * used_;
  const Matrix& shape = outputs.begin()->w->shape;
  const MatMulKind kind = kernels.KindOf(shape.type);
  if (batch.pass == Pass::kPrefill && kind != MatMulKind::kPlain) {
    kernels.Pack(commands, kind, x, shape.cols, uses / uses_per_x, shape.cols,
                 batch.buffers.packed);
    commands.Barrier();
  }
  for (const auto& [w, y] : outputs) {
    const Kernels::Product product{.x = x,
                                   .x_stride = shape.cols,
                                   .y = y,
                                   .y_stride = shape.rows,
                                   .packed = batch.buffers.packed};
    if (batch.pass == Pass::kDecode) {
      kernels.MatVecExperts(commands, *w, product, Grouped(batch), uses,
                            uses_per_x, batch.tokens);
    } else {
      kernels.MatMulExperts(commands, *w, product, Grouped(batch), uses,
                            uses_per_x, batch.tokens);
    }
  }
  commands.Barrier();
}

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
  if (batch.tokens > 1 || batch.pass == Pass::kPrefill) {
    kernels.GroupUses(commands, Grouped(batch), uses);
    commands.Barrier();
  }
  Multiply(batch, {{&gate_, b.gate}, {&up_, b.up}}, x, used_);
  kernels.SiluMul(commands, b.gate, 1, b.up, uses * gate_.shape.rows, 1);
  commands.Barrier();
  Multiply(batch, {{&down_, b.parts}}, b.gate, 1);
  if (shared_) shared_->Record(batch, x, y);
  kernels.Combine(commands, b.parts, b.uses, batch.tokens, used_, router_.cols,
                  shared_ ? 1 : 0, y);
  commands.Barrier();
}

}  // namespace krait::engine::vulkan
