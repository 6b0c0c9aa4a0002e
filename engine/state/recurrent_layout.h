// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_RECURRENT_LAYOUT_H_
#define KRAIT_ENGINE_STATE_RECURRENT_LAYOUT_H_

#include <cstddef>

#include "engine/model/hyperparameters.h"

namespace krait::engine {

// What a recurrent layer remembers, and what a token brings to it, whatever
// kind of recurrence it is: a convolution's window and a state of matrices,
// advanced by a row of inputs.
struct RecurrentShape {
  // The convolution sees this many inputs before the newest: [window,
  // channels].
  size_t window = 0;
  size_t channels = 0;
  // The recurrence: [heads, state, head_dim]; the references have it as
  // [heads, head_dim, state], or without heads if there is but one.
  size_t heads = 1;
  size_t state = 0;
  size_t head_dim = 0;
  bool has_heads = true;
  // A token's inputs, from which its step can be done again without most of the
  // weights: first those of the convolution, then what else it takes.
  size_t inputs = 0;
};

RecurrentShape RecurrentShapeOf(const Mamba1Shape& shape);
RecurrentShape RecurrentShapeOf(const Mamba2Shape& shape);

// Sizes of the state of a model's recurrent layers, in floats; parts are
// rounded up to 64 bytes.
struct RecurrentLayout {
  RecurrentLayout(const RecurrentShape& its_shape, size_t num_layers);

  size_t snapshot_size() const { return layers * (conv_size + ssm_size); }

  RecurrentShape shape;  // of each layer
  size_t layers;
  size_t conv_size;  // of one layer's window
  size_t ssm_size;   // of one layer's recurrence
  size_t row_size;   // of one token's inputs in one layer
};

// Of a model that has recurrent layers.
RecurrentLayout RecurrentLayoutOf(const Hyperparameters& hparams);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_RECURRENT_LAYOUT_H_
