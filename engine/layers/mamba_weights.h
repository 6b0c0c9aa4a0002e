// SPDX-License-Identifier: Apache-2.0
// Which weights Mamba's mixers have, whoever multiplies with them: a reader
// (LayerReader, vulkan::DeviceLayerReader) gives a Matrix that stays where it
// is to be multiplied, and a Vector or Columns as they are to be added.
#ifndef KRAIT_ENGINE_LAYERS_MAMBA_WEIGHTS_H_
#define KRAIT_ENGINE_LAYERS_MAMBA_WEIGHTS_H_

#include <utility>

#include "engine/model/hyperparameters.h"

namespace krait::engine {

template <class Reader>
using MatrixOf = decltype(std::declval<Reader&>().Matrix(""));
template <class Reader>
using VectorOf = decltype(std::declval<Reader&>().Vector(""));

// See Mamba1Mixer.
template <class Reader>
struct Mamba1Weights {
  explicit Mamba1Weights(Reader& read)
      : in_proj(read.Matrix("ssm_in.weight")),
        conv_weight(read.Columns("ssm_conv1d.weight")),
        conv_bias(read.Vector("ssm_conv1d.bias")),
        x_proj(read.Matrix("ssm_x.weight")),
        dt_proj(read.Matrix("ssm_dt.weight")),
        dt_bias(read.Vector("ssm_dt.bias")),
        a(read.Columns("ssm_a")),
        d(read.Vector("ssm_d")),
        out_proj(read.Matrix("ssm_out.weight")) {}

  MatrixOf<Reader> in_proj;      // [2 * d_inner, d_model]: x, z
  VectorOf<Reader> conv_weight;  // [conv_width, d_inner]
  VectorOf<Reader> conv_bias;    // [d_inner]
  MatrixOf<Reader> x_proj;       // [x_proj_rows, d_inner]: narrow dt, B, C
  MatrixOf<Reader> dt_proj;      // [d_inner, dt_rank]
  VectorOf<Reader> dt_bias;      // [d_inner]
  VectorOf<Reader> a;            // [state, d_inner], -exp(A_log)
  VectorOf<Reader> d;            // [d_inner]
  MatrixOf<Reader> out_proj;     // [d_model, d_inner]
};

// See Mamba2Mixer.
template <class Reader>
struct Mamba2Weights {
  Mamba2Weights(const Mamba2Shape& shape, Reader& read)
      : in_proj(read.Matrix("ssm_in.weight")),
        conv_weight(read.Columns("ssm_conv1d.weight")),
        conv_bias(read.Vector("ssm_conv1d.bias")),
        dt_bias(read.Vector("ssm_dt.bias")),
        a(read.Vector("ssm_a")),
        d(read.Vector("ssm_d")),
        gate_norm(shape.has_norm ? read.Vector("ssm_norm.weight")
                                 : VectorOf<Reader>()),
        out_proj(read.Matrix("ssm_out.weight")) {}

  MatrixOf<Reader> in_proj;      // [in_proj_rows, d_model]: z, x, B, C, dt
  VectorOf<Reader> conv_weight;  // [conv_width, conv_dim]: x, B, C
  VectorOf<Reader> conv_bias;    // [conv_dim]
  VectorOf<Reader> dt_bias;      // [heads]
  VectorOf<Reader> a;            // [heads], -exp(A_log)
  VectorOf<Reader> d;            // [heads]
  VectorOf<Reader> gate_norm;    // [d_inner], or none
  MatrixOf<Reader> out_proj;     // [d_model, d_inner]
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_MAMBA_WEIGHTS_H_
