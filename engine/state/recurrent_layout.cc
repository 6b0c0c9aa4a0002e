// SPDX-License-Identifier: Apache-2.0
#include "engine/state/recurrent_layout.h"

namespace krait::engine {
namespace {

constexpr size_t kFloatsPerLine = 16;  // 64 bytes

size_t RoundUp(size_t n) {
  return (n + kFloatsPerLine - 1) / kFloatsPerLine * kFloatsPerLine;
}

}  // namespace

// x before the convolution; then what x_proj made of it behind it, the narrow
// dt, B and C, which would take that matrix to compute again. dt_proj is read
// again: to keep its d_inner step sizes would double the log.
RecurrentShape RecurrentShapeOf(const Mamba1Shape& shape) {
  return {.window = shape.conv_width - 1,
          .channels = shape.d_inner,
          .heads = 1,
          .state = shape.state,
          .head_dim = shape.d_inner,
          .has_heads = false,
          .inputs = shape.d_inner + shape.x_proj_rows()};
}

// x, B and C before the convolution, then dt before bias and softplus.
RecurrentShape RecurrentShapeOf(const Mamba2Shape& shape) {
  return {.window = shape.conv_width - 1,
          .channels = shape.conv_dim(),
          .heads = shape.heads,
          .state = shape.state,
          .head_dim = shape.head_dim,
          .has_heads = true,
          .inputs = shape.conv_dim() + shape.heads};
}

RecurrentLayout::RecurrentLayout(const RecurrentShape& its_shape,
                                 size_t num_layers)
    : shape(its_shape),
      layers(num_layers),
      conv_size(RoundUp(shape.window * shape.channels)),
      ssm_size(RoundUp(shape.heads * shape.state * shape.head_dim)),
      row_size(RoundUp(shape.inputs)) {}

// All recurrent layers of a model are of one kind (CheckHyperparameters).
RecurrentLayout RecurrentLayoutOf(const Hyperparameters& hparams) {
  const size_t mamba1 = hparams.CountLayers(MixerKind::kMamba1);
  if (mamba1 > 0) return {RecurrentShapeOf(hparams.mamba1), mamba1};
  return {RecurrentShapeOf(hparams.mamba2),
          hparams.CountLayers(MixerKind::kMamba2)};
}

}  // namespace krait::engine
