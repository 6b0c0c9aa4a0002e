// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_PARALLEL_MIXER_H_
#define KRAIT_ENGINE_LAYERS_PARALLEL_MIXER_H_

#include <cstddef>

#include "engine/aligned_array.h"
#include "engine/layers/attention.h"
#include "engine/layers/batch.h"
#include "engine/layers/layer_reader.h"
#include "engine/layers/mamba2_mixer.h"
#include "engine/model/hyperparameters.h"

namespace krait::engine {

// Mamba-2 and attention on the same input: their outputs, each with a factor,
// are added. Source: Zuo et al. 2025, "Falcon-H1", section 2.1.
class ParallelMixer {
 public:
  // The places that its states have among those of their kinds.
  ParallelMixer(const Hyperparameters& hparams, size_t recurrent_layer,
                size_t attention_layer, LayerReader& read);

  struct Buffers {
    AlignedArray<float> attended;  // [tokens, d_model]
  };

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array.
  void Run(const Batch& batch, Mamba2Mixer::Buffers& mamba2_buffers,
           Attention::Buffers& attention_buffers, Buffers& buffers,
           const float* x, float* y) const;

  // The half whose recurrence has states to settle: see Mamba2Mixer::Settle.
  const Mamba2Mixer& mamba2() const { return mamba2_; }
  size_t weight_bytes() const {
    return mamba2_.weight_bytes() + attention_.weight_bytes();
  }

 private:
  size_t d_model_;
  float mamba2_scale_;
  float attention_scale_;
  Mamba2Mixer mamba2_;
  Attention attention_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_PARALLEL_MIXER_H_
