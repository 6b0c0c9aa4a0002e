// SPDX-License-Identifier: Apache-2.0
// A token of each of several sequences (often one), or a few, of which all but
// the first are a guess (a draft): the projections are shared, so that the
// weights are read once. Convolution and recurrence are done in place of a
// state that gets one token. Of a draft they are done beside it, token by token
// with the same bits, and the inputs are recorded; how many were right is known
// later, and Settle does the same again with these, in place.

#include <algorithm>

#include "engine/layers/mamba2_call.h"
#include "engine/layers/mamba2_mixer.h"
#include "simd/conv1d.h"
#include "simd/ssm.h"

namespace krait::engine {

// What MixChunks does for a prefill.
void Mamba2Mixer::MixSteps(const Call& call) const {
  const size_t runs = call.runs.size();
  if (call.tokens > runs) call.buffers.ReserveDrafted(runs);
  call.ForRanges(runs, 1, [&](size_t begin, size_t end, size_t worker) {
    for (size_t r = begin; r < end; ++r) {
      ConvolveRun(call, call.runs[r], call.buffers.windows[worker].data());
    }
  });
  StepSizes(call);
  // The heads of all sequences in a row, so that every worker has its share of
  // an odd number of them.
  const size_t heads = shape_.heads;
  call.pool.ForRanges(runs * heads, 1, [&](size_t begin, size_t end, size_t) {
    while (begin < end) {
      const size_t r = begin / heads;
      const size_t last = std::min(end, (r + 1) * heads);
      ScanRun(call, r, begin - r * heads, last - r * heads);
      begin = last;
    }
  });
  Gate(call);
}

void Mamba2Mixer::ConvolveRun(const Call& call, const BatchRun& run,
                              float* window) const {
  RecurrentState& state = *run.state->recurrent();
  if (run.is_draft()) {
    for (size_t i = 0; i < run.count; ++i) {
      std::copy_n(call.Inputs(run.first + i), shape_.conv_dim() + shape_.heads,
                  state.Row(state_layer_, state.position() + i));
    }
    std::copy_n(state.conv_window(state_layer_),
                (shape_.conv_width - 1) * shape_.conv_dim(), window);
  } else {
    window = state.mutable_conv_window(state_layer_);
  }
  const simd::CausalConv1d conv = Convolution();
  float* x = call.Inputs(run.first);
  simd::CausalConv1dSilu(conv, 0, conv.channels, run.count, x, call.stride,
                         window, x, call.stride);
}

void Mamba2Mixer::ScanRun(const Call& call, size_t r, size_t first_head,
                          size_t last_head) const {
  const BatchRun& run = call.runs[r];
  RecurrentState& state = *run.state->recurrent();
  const auto step = [&](size_t i, size_t first, size_t last, float* states) {
    const size_t row = run.first + i;
    simd::SsmStep(ScanInputs(call, row, 1), first, last, states,
                  call.buffers.y.data() + row * shape_.d_inner);
  };
  if (!run.is_draft()) {
    return step(0, first_head, last_head, state.mutable_ssm(state_layer_));
  }
  const size_t size = shape_.state * shape_.head_dim;
  float* drafted = call.buffers.Drafted(r);
  for (size_t head = first_head; head < last_head; ++head) {
    std::copy_n(state.ssm(state_layer_) + head * size, size,
                drafted + head * size);
    for (size_t i = 0; i < run.count; ++i) step(i, head, head + 1, drafted);
  }
}

// The tail's tokens as steps, in place of the state.
void Mamba2Mixer::SettleDraft(const Call& call) const {
  float* states = call.state->mutable_ssm(state_layer_);
  call.pool.ForRanges(shape_.heads, 1, [&](size_t first, size_t last, size_t) {
    for (size_t head = first; head < last; ++head) {
      for (size_t t = 0; t < call.tail; ++t) {
        simd::SsmStep(ScanInputs(call, t, 1), head, head + 1, states,
                      call.buffers.y.data() + t * shape_.d_inner);
      }
    }
  });
}

}  // namespace krait::engine
