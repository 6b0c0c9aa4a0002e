// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_MAMBA1_MIXER_H_
#define KRAIT_ENGINE_LAYERS_MAMBA1_MIXER_H_

#include <cstddef>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/layers/batch.h"
#include "engine/layers/layer_reader.h"
#include "engine/layers/mamba_weights.h"
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
    return WeightBytes(weights_.in_proj) + WeightBytes(weights_.x_proj) +
           WeightBytes(weights_.dt_proj) + WeightBytes(weights_.out_proj);
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
  Mamba1Weights<LayerReader> weights_;
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
