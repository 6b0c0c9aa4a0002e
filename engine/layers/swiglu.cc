// SPDX-License-Identifier: Apache-2.0
#include "engine/layers/swiglu.h"

#include <fmt/format.h>

#include "simd/elementwise.h"

namespace krait::engine {

SwiGlu::SwiGlu(LayerReader& read, std::string_view expert)
    : gate_(read.Matrix(fmt::format("ffn_gate{}.weight", expert))),
      up_(read.Matrix(fmt::format("ffn_up{}.weight", expert))),
      down_(read.Matrix(fmt::format("ffn_down{}.weight", expert))) {}

SwiGlu::SwiGlu(const Hyperparameters& hparams, LayerReader& read)
    : SwiGlu(read) {
  gate_scale_ = hparams.swiglu_gate_scale;
  output_scale_ = hparams.swiglu_output_scale;
}

void SwiGlu::Buffers::Reserve(size_t tokens, size_t d_ff) {
  if (tokens * d_ff <= gate.size()) return;
  gate = AlignedArray<float>(tokens * d_ff);
  up = AlignedArray<float>(tokens * d_ff);
}

void SwiGlu::Run(const Batch& batch, size_t tokens, Buffers& buffers,
                 const float* x, float* y) const {
  const size_t d_ff = gate_.rows;
  buffers.Reserve(tokens, d_ff);
  float* gate = buffers.gate.data();
  float* up = buffers.up.data();
  batch.executor.MultiplyAll(batch.pass, x, tokens, {{gate_, gate}, {up_, up}});
  batch.executor.pool().ForRanges(
      tokens * d_ff, 64, [&](size_t begin, size_t end, size_t) {
        if (gate_scale_ != 1) {
          simd::Scale(gate_scale_, end - begin, gate + begin);
        }
        simd::SiluMul(gate + begin, up + begin, end - begin, gate + begin);
      });
  batch.executor.Multiply(batch.pass, down_, gate, tokens, y, down_.rows);
  if (output_scale_ != 1) simd::Scale(output_scale_, tokens * down_.rows, y);
}

size_t SwiGlu::weight_bytes() const {
  return WeightBytes(gate_) + WeightBytes(up_) + WeightBytes(down_);
}

}  // namespace krait::engine
