// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_MAMBA2_MIXER_H_
#define KRAIT_ENGINE_LAYERS_MAMBA2_MIXER_H_

#include <cstddef>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/layers/batch.h"
#include "engine/layers/layer_reader.h"
#include "engine/layers/mamba_weights.h"
#include "engine/model/hyperparameters.h"
#include "engine/state/recurrent_state.h"
#include "simd/conv1d.h"
#include "simd/ssm.h"
#include "simd/weights.h"

namespace krait::engine {

// The mixer of Mamba-2. Source: Dao and Gu 2024, "Transformers are SSMs",
// figure 6 (sequential block), and state-spaces/mamba, mamba2.py.
class Mamba2Mixer {
 public:
  // The `state_layer`th recurrent layer of its model.
  Mamba2Mixer(const Hyperparameters& hparams, size_t state_layer,
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
    return WeightBytes(weights_.in_proj) + WeightBytes(weights_.out_proj);
  }

 private:
  struct Call;
  void ScaleInputs(const Call& call) const;
  void MixSteps(const Call& call) const;
  void ConvolveRun(const Call& call, const BatchRun& run, float* window) const;
  void ScanRun(const Call& call, size_t run, size_t first_head,
               size_t last_head) const;
  void SettleDraft(const Call& call) const;
  void MixChunks(const Call& call) const;
  void RecordInputs(const Call& call) const;
  simd::CausalConv1d Convolution() const;
  void Convolve(const Call& call, float* window) const;
  void StepSizes(const Call& call) const;
  void Gate(const Call& call) const;
  void ScanChunks(const Call& call) const;
  simd::SsmInputs ScanInputs(const Call& call, size_t begin,
                             size_t count) const;

  Mamba2Shape shape_;
  float norm_eps_;
  size_t state_layer_;
  Mamba2Weights<LayerReader> weights_;
};

struct Mamba2Mixer::Buffers {
  Buffers(const Mamba2Shape& its_shape, size_t workers);

  // For `new_rows`, those of the tail included.
  void Reserve(size_t new_rows);
  // Where the recurrence of a run of a decode goes on, [heads, state,
  // head_dim], without changing the state.
  float* Drafted(size_t run) {
    return drafted.data() + run * shape.heads * shape.state * shape.head_dim;
  }
  void ReserveDrafted(size_t runs);

  Mamba2Shape shape;
  size_t rows = 0;                // tail and tokens
  AlignedArray<float> projected;  // [rows, in_proj_rows]: z, x, B, C, dt
  AlignedArray<float> y;          // [rows, d_inner]
  AlignedArray<float> drafted;
  // One per worker: [conv_width - 1, conv_dim], and what SsdChunk needs.
  std::vector<AlignedArray<float>> windows;
  std::vector<AlignedArray<std::byte>> ssd;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_MAMBA2_MIXER_H_
