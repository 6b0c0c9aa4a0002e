// SPDX-License-Identifier: Apache-2.0
// The mixer of Mamba-2. On x [tokens, d_model]:
//   z,x,B,C,dt = in_proj x
//   x,B,C      = SiLU(causal_conv1d(x,B,C))
//   dt         = softplus(dt + dt_bias)
//   y          = SSM(x, dt, A, B, C) + D x
//   y          = out_proj(GroupRMSNorm(y * SiLU(z)))    (or without the norm)
//
// When decoding the SSM is one step of the recurrence (mamba2_decode.cc); in a
// prefill it runs in chunks in matrix form (SSD), which end at multiples of
// kBlockTokens of the absolute position. A chunk that was begun by an earlier
// call is run again from its begin, its first tokens from the inputs that the
// state has recorded (its tail), for the outputs of the new ones: so the
// arithmetic does not depend on how the tokens were cut into calls. The same
// recorded inputs, run without the projections, are the replay.

#include "engine/layers/mamba2_mixer.h"

#include <algorithm>
#include <array>

#include "engine/layers/mamba2_call.h"
#include "simd/elementwise.h"
#include "simd/norm.h"

namespace krait::engine {

static_assert(kBlockTokens <= simd::kSsdMaxChunk);

Mamba2Mixer::Mamba2Mixer(const Hyperparameters& hparams, size_t state_layer,
                         LayerReader& read)
    : shape_(hparams.mamba2),
      norm_eps_(hparams.norm_eps),
      state_layer_(state_layer),
      weights_(shape_, read) {}

Mamba2Mixer::Buffers::Buffers(const Mamba2Shape& its_shape, size_t workers)
    : shape(its_shape) {
  for (size_t i = 0; i < workers; ++i) {
    windows.emplace_back((shape.conv_width - 1) * shape.conv_dim());
    ssd.emplace_back(simd::SsdScratchBytes(shape.head_dim, shape.state));
  }
}

void Mamba2Mixer::Buffers::Reserve(size_t new_rows) {
  if (new_rows <= rows) return;
  rows = new_rows;
  projected = AlignedArray<float>(rows * shape.in_proj_rows());
  y = AlignedArray<float>(rows * shape.d_inner);
}

void Mamba2Mixer::Buffers::ReserveDrafted(size_t runs) {
  const size_t size = runs * shape.heads * shape.state * shape.head_dim;
  if (size > drafted.size()) {
    drafted = AlignedArray<float>(size, Uninitialised{});
  }
}

void Mamba2Mixer::Run(const Batch& batch, Buffers& b, const float* x,
                      float* y) const {
  const bool decode = batch.pass == Pass::kDecode;
  RecurrentState* state =
      decode ? nullptr : batch.rows.front().state->recurrent();
  const size_t tokens = batch.tokens();
  const size_t tail = decode ? 0 : state->position() - state->base_position();
  b.Reserve(tail + tokens);
  const Call call{.pass = batch.pass,
                  .tail = tail,
                  .tokens = tokens,
                  .new_base = decode ? 0 : state->BaseAfter(tokens),
                  .stride = shape_.in_proj_rows(),
                  .input = b.projected.data() + shape_.d_inner,
                  .state = state,
                  .runs = batch.runs,
                  .buffers = b,
                  .pool = batch.executor.pool()};
  batch.executor.Multiply(call.pass, weights_.in_proj, x, tokens,
                          b.projected.data() + tail * call.stride, call.stride);
  ScaleInputs(call);
  batch.executor.Do(Work::kRecurrence, [&] {
    if (decode) return MixSteps(call);
    MixChunks(call);
  });
  batch.executor.Multiply(call.pass, weights_.out_proj,
                          b.y.data() + tail * shape_.d_inner, tokens, y,
                          weights_.out_proj.rows);
}

// Factors of what the projection of the new tokens gave.
void Mamba2Mixer::ScaleInputs(const Call& call) const {
  const auto& scales = shape_.input_scales;
  if (std::ranges::all_of(scales, [](float scale) { return scale == 1; })) {
    return;
  }
  const size_t bc = shape_.groups * shape_.state;
  const std::array<size_t, 5> sizes = {shape_.d_inner, shape_.d_inner, bc, bc,
                                       shape_.heads};
  call.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = call.tail + begin; t < call.tail + end; ++t) {
      float* part = call.buffers.projected.data() + t * call.stride;
      for (size_t i = 0; i < sizes.size(); ++i) {
        simd::Scale(scales[i], sizes[i], part);
        part += sizes[i];
      }
    }
  });
}

// The part between the two projections, `projected` to `y`: the tail's tokens,
// then the new ones.
void Mamba2Mixer::MixChunks(const Call& call) const {
  RecordInputs(call);
  Buffers& b = call.buffers;
  AlignedArray<float>& window = b.windows[0];
  std::copy_n(call.state->conv_window(state_layer_), window.size(),
              window.data());
  Convolve(call, window.data());
  StepSizes(call);
  ScanChunks(call);
  if (call.new_base > call.state->base_position()) {
    call.state->MoveConvWindow(state_layer_, call.new_base);
  }
  Gate(call);
}

// The new tokens' inputs to the state, before they are changed in place.
void Mamba2Mixer::RecordInputs(const Call& call) const {
  const size_t base = call.state->base_position();
  call.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = call.tail + begin; t < call.tail + end; ++t) {
      std::copy_n(call.Inputs(t), shape_.conv_dim() + shape_.heads,
                  call.state->Row(state_layer_, base + t));
    }
  });
}

simd::CausalConv1d Mamba2Mixer::Convolution() const {
  return {shape_.conv_dim(), shape_.conv_width, weights_.conv_weight.data(),
          weights_.conv_bias.data()};
}

// x, B and C of the tail straight from the state, of the new tokens in place.
void Mamba2Mixer::Convolve(const Call& call, float* window) const {
  const simd::CausalConv1d conv = Convolution();
  const size_t base = call.state->base_position();
  // 64 channels: whole cache lines for each worker.
  call.ForRanges(conv.channels, 64, [&](size_t begin, size_t end, size_t) {
    const auto filter = [&](size_t first, size_t rows, const float* x,
                            size_t x_stride) {
      simd::CausalConv1dSilu(conv, begin, end, rows, x, x_stride, window,
                             call.Inputs(first), call.stride);
    };
    for (size_t t = 0; t < call.tail;) {
      const size_t rows =
          std::min(call.tail - t, RecurrentState::RowsInPlace(base + t));
      filter(t, rows, call.state->Row(state_layer_, base + t),
             call.state->row_size());
      t += rows;
    }
    filter(call.tail, call.tokens, call.Inputs(call.tail), call.stride);
  });
}

// dt = softplus(dt + dt_bias), the tail's from the state.
void Mamba2Mixer::StepSizes(const Call& call) const {
  const auto recorded = [&](size_t t) {
    return call.state->Row(state_layer_, call.state->base_position() + t) +
           shape_.conv_dim();
  };
  call.ForRanges(call.rows(), 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = begin; t < end; ++t) {
      float* dt = call.Inputs(t) + shape_.conv_dim();
      if (t < call.tail) std::copy_n(recorded(t), shape_.heads, dt);
      simd::Add(weights_.dt_bias.data(), shape_.heads, dt);
      simd::Softplus(dt, shape_.heads, dt);
    }
  });
}

void Mamba2Mixer::Gate(const Call& call) const {
  Buffers& b = call.buffers;
  call.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = call.tail + begin; t < call.tail + end; ++t) {
      float* y = b.y.data() + t * shape_.d_inner;
      const float* z = b.projected.data() + t * call.stride;
      if (shape_.has_norm) {
        simd::GatedGroupRmsNorm(y, z, weights_.gate_norm.data(), shape_.d_inner,
                                shape_.groups, norm_eps_, y);
      } else {
        simd::SiluMul(z, y, shape_.d_inner, y);
      }
    }
  });
}

// The SSM's inputs of `count` rows from row `begin` on.
simd::SsmInputs Mamba2Mixer::ScanInputs(const Call& call, size_t begin,
                                        size_t count) const {
  const float* x = call.Inputs(begin);
  const size_t bc = shape_.groups * shape_.state;
  return {.tokens = count,
          .heads = shape_.heads,
          .groups = shape_.groups,
          .head_dim = shape_.head_dim,
          .state = shape_.state,
          .x = x,
          .x_stride = call.stride,
          .b = x + shape_.d_inner,
          .b_stride = call.stride,
          .c = x + shape_.d_inner + bc,
          .c_stride = call.stride,
          .dt = x + shape_.conv_dim(),
          .dt_stride = call.stride,
          .a = weights_.a.data(),
          .d = weights_.d.data()};
}

// All rows in chunks. A chunk that is not whole yet leaves the state as it is:
// it will be run again.
void Mamba2Mixer::ScanChunks(const Call& call) const {
  Buffers& b = call.buffers;
  const size_t base = call.state->base_position();
  // Not written to if no chunk is whole.
  float* states = call.state->scanned_ssm(state_layer_);
  call.pool.ForRanges(
      shape_.heads, 1, [&](size_t first, size_t last, size_t worker) {
        for (size_t done = 0; done < call.rows();) {
          const size_t to_grid = kBlockTokens - (base + done) % kBlockTokens;
          const size_t count = std::min(call.rows() - done, to_grid);
          simd::SsmInputs inputs = ScanInputs(call, done, count);
          // What the tail gave was used by the calls that brought it.
          inputs.first_output =
              std::min(count, call.tail - std::min(call.tail, done));
          simd::SsdChunk(inputs,
                         count == to_grid ? simd::SsdParts::kBoth
                                          : simd::SsdParts::kOutput,
                         first, last, states,
                         b.y.data() + done * shape_.d_inner, shape_.d_inner,
                         b.ssd[worker].data());
          done += count;
        }
      });
}

void Mamba2Mixer::Settle(RecurrentState& state, Buffers& buffers,
                         Executor& executor) const {
  const size_t tail = state.position() - state.base_position();
  buffers.Reserve(tail);
  const Call call{.pass = Pass::kPrefill,
                  .tail = tail,
                  .tokens = 0,
                  .new_base = state.position(),
                  .stride = shape_.in_proj_rows(),
                  .input = buffers.projected.data() + shape_.d_inner,
                  .state = &state,
                  .buffers = buffers,
                  .pool = executor.pool()};
  Convolve(call, state.mutable_conv_window(state_layer_));
  StepSizes(call);
  if (state.is_draft()) return SettleDraft(call);
  call.pool.ForRanges(
      shape_.heads, 1, [&](size_t first, size_t last, size_t worker) {
        simd::SsdChunk(ScanInputs(call, 0, tail), simd::SsdParts::kState, first,
                       last, state.mutable_ssm(state_layer_), nullptr, 0,
                       buffers.ssd[worker].data());
      });
}

}  // namespace krait::engine
