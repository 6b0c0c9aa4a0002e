// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_MAMBA1_MIXER_H_
#define KRAIT_ENGINE_LAYERS_MAMBA1_MIXER_H_

#include <cstddef>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/layers/batch.h"
#include "engine/layers/layer_reader.h"
#include "engine/model/hyperparameters.h"
#include "engine/state/recurrent_state.h"
#include "simd/conv1d.h"
#include "simd/selective_scan.h"
#include "simd/weights.h"

namespace krait::engine {

// The mixer of Mamba-1. Source: Gu and Dao 2023, "Mamba", figure 3, and
// state-spaces/mamba, mamba_simple.py.
class Mamba1Mixer {
 public:
  // The `state_layer`th recurrent layer of its model.
  Mamba1Mixer(const Hyperparameters& hparams, size_t state_layer,
              LayerReader& read);

  // Of one call, for all layers of the kind.
  struct Buffers;

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array. What
  // the tokens add to the states is in them, but not that they were fed
  // (LayeredState::EndPrefill, EndDecode).
  void Run(const Batch& batch, Buffers& buffers, const float* x,
           float* y) const;

  // Brings the layer's part of the base to the state's position, from what is
  // recorded; the base is mutable.
  void Settle(RecurrentState& state, Buffers& buffers,
              Executor& executor) const;

  size_t weight_bytes() const {
    return WeightBytes(in_proj_) + WeightBytes(x_proj_) +
           WeightBytes(dt_proj_) + WeightBytes(out_proj_);
  }

 private:
  struct Call;
  void Prefill(const Call& call) const;
  void Decode(const Call& call) const;
  simd::CausalConv1d Convolution() const;
  void ConvolveRows(const Call& call, float* window) const;
  void ConvolveSteps(const Call& call) const;
  void TakeRecorded(const Call& call) const;
  void RecordInputs(const Call& call) const;
  void RecordDrafts(const Call& call) const;
  void Select(const Call& call) const;
  void StepSizes(const Call& call) const;
  simd::SelectiveScanInputs ScanInputs(const Call& call, size_t begin,
                                       size_t count) const;
  void ScanRows(const Call& call) const;
  void ScanSteps(const Call& call) const;
  void Gate(const Call& call) const;

  Mamba1Shape shape_;
  size_t state_layer_;
  simd::WeightView in_proj_;        // [2 * d_inner, d_model]: x, z
  std::vector<float> conv_weight_;  // [conv_width, d_inner]
  std::vector<float> conv_bias_;    // [d_inner]
  simd::WeightView x_proj_;         // [x_proj_rows, d_inner]: narrow dt, B, C
  simd::WeightView dt_proj_;        // [d_inner, dt_rank]
  std::vector<float> dt_bias_;      // [d_inner]
  std::vector<float> a_;            // [state, d_inner], -exp(A_log)
  std::vector<float> d_;            // [d_inner]
  simd::WeightView out_proj_;       // [d_model, d_inner]
};

struct Mamba1Mixer::Buffers {
  Buffers(const Mamba1Shape& its_shape, size_t workers);

  // For `new_rows`, those of the tail included.
  void Reserve(size_t new_rows);

  Mamba1Shape shape;
  size_t rows = 0;                // tail and tokens
  AlignedArray<float> projected;  // [rows, 2 * d_inner]: x, z
  AlignedArray<float> x;          // [rows, d_inner], behind the convolution
  AlignedArray<float> selected;   // [rows, x_proj_rows]: narrow dt, B, C
  AlignedArray<float> narrow_dt;  // [rows, dt_rank]
  AlignedArray<float> dt;         // [rows, d_inner]
  AlignedArray<float> y;          // [rows, d_inner]
  // One per worker: [conv_width - 1, d_inner].
  std::vector<AlignedArray<float>> windows;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_MAMBA1_MIXER_H_
