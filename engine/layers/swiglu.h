// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_SWIGLU_H_
#define KRAIT_ENGINE_LAYERS_SWIGLU_H_

#include <cstddef>
#include <string_view>

#include "engine/aligned_array.h"
#include "engine/layers/batch.h"
#include "engine/layers/layer_reader.h"
#include "simd/weights.h"

namespace krait::engine {

// A gated feed-forward: y = down(SiLU(gate x) * up x); gate x and y may have
// factors. Source: Shazeer 2020,
// "GLU variants improve transformer".
class SwiGlu {
 public:
  // `expert`: the part of the tensors' names that says which one of several,
  // ".3".
  explicit SwiGlu(LayerReader& read, std::string_view expert = {});
  // The only one of a layer, with the model's factors.
  SwiGlu(const Hyperparameters& hparams, LayerReader& read);

  struct Buffers {
    void Reserve(size_t tokens, size_t d_ff);
    AlignedArray<float> gate;  // [tokens, d_ff]
    AlignedArray<float> up;    // [tokens, d_ff]
  };

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array:
  // all tokens of the batch, or some.
  void Run(const Batch& batch, size_t tokens, Buffers& buffers, const float* x,
           float* y) const;

  size_t weight_bytes() const;

 private:
  simd::WeightView gate_;  // [d_ff, d_model]
  simd::WeightView up_;    // [d_ff, d_model]
  simd::WeightView down_;  // [d_model, d_ff]
  float gate_scale_ = 1;
  float output_scale_ = 1;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_SWIGLU_H_
