// SPDX-License-Identifier: Apache-2.0
#include "engine/layers/parallel_mixer.h"

#include "simd/elementwise.h"

namespace krait::engine {

ParallelMixer::ParallelMixer(const Hyperparameters& hparams,
                             size_t recurrent_layer, size_t attention_layer,
                             LayerReader& read)
    : d_model_(hparams.d_model),
      mamba2_scale_(hparams.mamba2.output_scale),
      attention_scale_(hparams.attention.output_scale),
      mamba2_(hparams, recurrent_layer, read),
      attention_(hparams.attention, attention_layer, read) {}

void ParallelMixer::Run(const Batch& batch,
                        Mamba2Mixer::Buffers& mamba2_buffers,
                        Attention::Buffers& attention_buffers, Buffers& buffers,
                        const float* x, float* y) const {
  const size_t size = batch.tokens() * d_model_;
  if (size > buffers.attended.size()) {
    buffers.attended = AlignedArray<float>(size);
  }
  float* attended = buffers.attended.data();
  attention_.Run(batch, attention_buffers, x, attended);
  mamba2_.Run(batch, mamba2_buffers, x, y);
  batch.executor.pool().ForRanges(
      size, 64, [&](size_t begin, size_t end, size_t) {
        simd::Scale(mamba2_scale_, end - begin, y + begin);
        simd::Scale(attention_scale_, end - begin, attended + begin);
        simd::Add(attended + begin, end - begin, y + begin);
      });
}

}  // namespace krait::engine
