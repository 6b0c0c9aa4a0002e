// SPDX-License-Identifier: Apache-2.0
// A token of each of several sequences (often one): the projections are shared,
// so that the weights are read once; convolution and recurrence are done in
// place of each state.

#include <algorithm>

#include "engine/layers/mamba2_call.h"
#include "engine/layers/mamba2_mixer.h"
#include "simd/conv1d.h"
#include "simd/ssm.h"

namespace krait::engine {

// What MixChunks does for a prefill.
void Mamba2Mixer::MixSteps(const Call& call) const {
  const auto state_of = [&](size_t s) -> RecurrentState& {
    return *call.steps[s].state->recurrent();
  };
  const simd::CausalConv1d conv = Convolution();
  call.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    for (size_t s = begin; s < end; ++s) {
      simd::CausalConv1dSilu(conv, 0, conv.channels, 1, call.Inputs(s),
                             call.stride,
                             state_of(s).mutable_conv_window(state_layer_),
                             call.Inputs(s), call.stride);
    }
  });
  StepSizes(call);
  // The heads of all sequences in a row, so that every worker has its share of
  // an odd number of them.
  const size_t heads = shape_.heads;
  call.pool.ForRanges(
      call.tokens * heads, 1, [&](size_t begin, size_t end, size_t) {
        while (begin < end) {
          const size_t s = begin / heads;
          const size_t last = std::min(end, (s + 1) * heads);
          simd::SsmStep(ScanInputs(call, s, 1), begin - s * heads,
                        last - s * heads, state_of(s).mutable_ssm(state_layer_),
                        call.buffers.y.data() + s * shape_.d_inner);
          begin = last;
        }
      });
  Gate(call);
}

}  // namespace krait::engine
