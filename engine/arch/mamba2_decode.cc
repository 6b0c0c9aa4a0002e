// SPDX-License-Identifier: Apache-2.0
// A token of each of several sequences (often one): the projections are shared,
// so that the weights are read once; convolution and recurrence are done in
// place of each state.

#include <algorithm>

#include "engine/arch/mamba2.h"
#include "engine/arch/mamba2_call.h"
#include "simd/conv1d.h"
#include "simd/ssm.h"

namespace krait::engine {
namespace {

RecurrentState& StateOf(const DecodeStep& step) {
  return static_cast<RecurrentState&>(*step.state);
}

}  // namespace

void Mamba2::Decode(std::span<const DecodeStep> steps, Scratch& scratch,
                    WorkerPool& pool) const {
  auto& buffers = static_cast<Buffers&>(scratch);
  buffers.Reserve(0, steps.size(), shape_, d_model_);
  buffers.logits.clear();
  for (const DecodeStep& step : steps) {
    Settle(*step.state, scratch, pool);
    StateOf(step).MakeBaseMutable();
    buffers.logits.push_back(step.logits);
  }
  for (size_t s = 0; s < steps.size(); ++s) {
    head_.Embed({&steps[s].token, 1}, buffers.u.data() + s * d_model_);
  }
  const Call call{.pass = Pass::kDecode,
                  .tokens = steps.size(),
                  .stride = shape_.in_proj_rows(),
                  .input = buffers.projected.data() + shape_.d_inner,
                  .steps = steps,
                  .buffers = buffers,
                  .pool = pool};
  for (size_t layer = 0; layer < layers_.size(); ++layer) Block(call, layer);
  for (const DecodeStep& step : steps) {
    StateOf(step).Advance(1, step.state->position() + 1);
  }
  head_.DecodeLogits(buffers.u.data(), buffers.logits, buffers.linear, pool);
}

// What MixChunks does for a prefill.
void Mamba2::MixSteps(const Call& call, size_t layer) const {
  const simd::CausalConv1d conv = Convolution(layer);
  call.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    for (size_t s = begin; s < end; ++s) {
      simd::CausalConv1dSilu(conv, 0, conv.channels, 1, call.Inputs(s),
                             call.stride,
                             StateOf(call.steps[s]).mutable_conv_window(layer),
                             call.Inputs(s), call.stride);
    }
  });
  StepSizes(call, layer);
  // The heads of all sequences in a row, so that every worker has its share of
  // an odd number of them.
  const size_t heads = shape_.heads;
  call.pool.ForRanges(
      call.tokens * heads, 1, [&](size_t begin, size_t end, size_t) {
        while (begin < end) {
          const size_t s = begin / heads;
          const size_t last = std::min(end, (s + 1) * heads);
          simd::SsmStep(ScanInputs(call, layer, s, 1), begin - s * heads,
                        last - s * heads,
                        StateOf(call.steps[s]).mutable_ssm(layer),
                        call.buffers.y.data() + s * shape_.d_inner);
          begin = last;
        }
      });
  Gate(call, layer);
}

}  // namespace krait::engine
