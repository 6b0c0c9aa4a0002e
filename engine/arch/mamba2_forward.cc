// SPDX-License-Identifier: Apache-2.0
// The forward pass of Mamba-2.
//
// A block, on the residual stream u [tokens, d_model]:
//   h          = RMSNorm(u)
//   z,x,B,C,dt = in_proj h
//   x,B,C      = SiLU(causal_conv1d(x,B,C))
//   dt         = softplus(dt + dt_bias)
//   y          = SSM(x, dt, A, B, C) + D x
//   u         += out_proj(GroupRMSNorm(y * SiLU(z)))
//
// When decoding the SSM is one step of the recurrence (mamba2_decode.cc); in a
// prefill it runs in chunks in matrix form (SSD), which end at multiples of
// kBlockTokens of the absolute position. A chunk that was begun by an earlier
// call is run again from its begin, its first tokens from the inputs that the
// state has recorded (its tail), for the outputs of the new ones: so the
// arithmetic does not depend on how the tokens were cut into calls. The same
// recorded inputs, run without the projections, are the replay.

#include <algorithm>

#include "engine/arch/mamba2.h"
#include "engine/arch/mamba2_call.h"
#include "simd/conv1d.h"
#include "simd/elementwise.h"
#include "simd/norm.h"
#include "simd/ssm.h"

namespace krait::engine {

std::unique_ptr<Scratch> Mamba2::NewScratch(const WorkerPool& pool) const {
  return std::make_unique<Buffers>(pool.size(), shape_, d_model_);
}

void Mamba2::Prefill(std::span<const TokenId> tokens, State& state,
                     Scratch& scratch, WorkerPool& pool, LogitsRows rows,
                     float* logits) const {
  auto& recurrent = static_cast<RecurrentState&>(state);
  auto& buffers = static_cast<Buffers&>(scratch);
  const size_t new_base = std::max(GridFloor(state.position() + tokens.size()),
                                   recurrent.base_position());
  recurrent.Extend(tokens.size());
  recurrent.MakeBase();
  if (new_base > recurrent.base_position()) recurrent.MakeBaseMutable();
  const size_t tail = state.position() - recurrent.base_position();
  buffers.Reserve(tail, tokens.size(), shape_, d_model_);
  const Call call{.pass = Pass::kPrefill,
                  .tail = tail,
                  .tokens = tokens.size(),
                  .new_base = new_base,
                  .stride = shape_.in_proj_rows(),
                  .input = buffers.projected.data() + shape_.d_inner,
                  .state = &recurrent,
                  .buffers = buffers,
                  .pool = pool};
  head_.Embed(tokens, buffers.u.data());
  for (size_t layer = 0; layer < layers_.size(); ++layer) Block(call, layer);
  recurrent.Advance(tokens.size(), new_base);
  head_.Logits(buffers.u.data(), tokens.size(), rows, buffers.linear, pool,
               logits);
}

void Mamba2::Block(const Call& call, size_t layer) const {
  const Mamba2Layer& weights = layers_[layer];
  Buffers& b = call.buffers;
  call.pool.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = begin; t < end; ++t) {
      simd::RmsNorm(b.u.data() + t * d_model_, weights.norm.data(), d_model_,
                    head_.eps, b.h.data() + t * d_model_);
    }
  });
  b.linear.Multiply(call.pass, weights.in_proj,
                    b.linear.Pack(b.h.data(), call.tokens, d_model_,
                                  weights.in_proj.type, call.pool),
                    b.projected.data() + call.tail * call.stride, call.stride,
                    call.pool);
  if (call.pass == Pass::kDecode) {
    MixSteps(call, layer);
  } else {
    MixChunks(call, layer);
  }
  b.linear.Multiply(
      call.pass, weights.out_proj,
      b.linear.Pack(b.y.data() + call.tail * shape_.d_inner, call.tokens,
                    shape_.d_inner, weights.out_proj.type, call.pool),
      b.h.data(), d_model_, call.pool);
  call.pool.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    simd::Add(b.h.data() + begin * d_model_, (end - begin) * d_model_,
              b.u.data() + begin * d_model_);
  });
}

// The part of a block between its two projections, `projected` to `y`: the
// tail's tokens, then the new ones.
void Mamba2::MixChunks(const Call& call, size_t layer) const {
  RecordInputs(call, layer);
  Buffers& b = call.buffers;
  std::copy_n(call.state->conv_window(layer), b.window.size(), b.window.data());
  Convolve(call, layer, b.window.data());
  StepSizes(call, layer);
  ScanChunks(call, layer);
  if (call.new_base > call.state->base_position()) {
    call.state->MoveConvWindow(layer, call.new_base);
  }
  Gate(call, layer);
}

// The new tokens' inputs to the state, before they are changed in place.
void Mamba2::RecordInputs(const Call& call, size_t layer) const {
  const size_t base = call.state->base_position();
  for (size_t t = call.tail; t < call.rows(); ++t) {
    std::copy_n(call.Inputs(t), shape_.conv_dim() + shape_.heads,
                call.state->Row(layer, base + t));
  }
}

simd::CausalConv1d Mamba2::Convolution(size_t layer) const {
  const Mamba2Layer& weights = layers_[layer];
  return {shape_.conv_dim(), shape_.conv_width, weights.conv_weight.data(),
          weights.conv_bias.data()};
}

// x, B and C of the tail straight from the state, of the new tokens in place.
void Mamba2::Convolve(const Call& call, size_t layer, float* window) const {
  const simd::CausalConv1d conv = Convolution(layer);
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
      filter(t, rows, call.state->Row(layer, base + t), call.state->row_size());
      t += rows;
    }
    filter(call.tail, call.tokens, call.Inputs(call.tail), call.stride);
  });
}

// dt = softplus(dt + dt_bias), the tail's from the state.
void Mamba2::StepSizes(const Call& call, size_t layer) const {
  const float* bias = layers_[layer].dt_bias.data();
  const auto recorded = [&](size_t t) {
    return call.state->Row(layer, call.state->base_position() + t) +
           shape_.conv_dim();
  };
  call.ForRanges(call.rows(), 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = begin; t < end; ++t) {
      float* dt = call.Inputs(t) + shape_.conv_dim();
      if (t < call.tail) std::copy_n(recorded(t), shape_.heads, dt);
      simd::Add(bias, shape_.heads, dt);
      simd::Softplus(dt, shape_.heads, dt);
    }
  });
}

void Mamba2::Gate(const Call& call, size_t layer) const {
  const float* norm = layers_[layer].gate_norm.data();
  Buffers& b = call.buffers;
  call.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = call.tail + begin; t < call.tail + end; ++t) {
      float* y = b.y.data() + t * shape_.d_inner;
      simd::GatedGroupRmsNorm(y, b.projected.data() + t * call.stride, norm,
                              shape_.d_inner, shape_.groups, head_.eps, y);
    }
  });
}

// The SSM's inputs of `count` rows from row `begin` on.
simd::SsmInputs Mamba2::ScanInputs(const Call& call, size_t layer, size_t begin,
                                   size_t count) const {
  const Mamba2Layer& weights = layers_[layer];
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
          .a = weights.a.data(),
          .d = weights.d.data()};
}

// All rows in chunks. A chunk that is not whole yet leaves the state as it is:
// it will be run again.
void Mamba2::ScanChunks(const Call& call, size_t layer) const {
  Buffers& b = call.buffers;
  const size_t base = call.state->base_position();
  // Not written to if no chunk is whole.
  float* states = const_cast<float*>(call.state->ssm(layer));
  call.pool.ForRanges(
      shape_.heads, 1, [&](size_t first, size_t last, size_t worker) {
        for (size_t done = 0; done < call.rows();) {
          const size_t to_grid = kBlockTokens - (base + done) % kBlockTokens;
          const size_t count = std::min(call.rows() - done, to_grid);
          simd::SsmInputs inputs = ScanInputs(call, layer, done, count);
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

void Mamba2::Replay(std::shared_ptr<const StateBlock> block, size_t rows,
                    State& state, Scratch& scratch, WorkerPool& pool) const {
  static_cast<RecurrentState&>(state).SetTail(std::move(block), rows);
  if (rows == kBlockTokens) Settle(state, scratch, pool);
}

void Mamba2::Settle(State& state, Scratch& scratch, WorkerPool& pool) const {
  auto& recurrent = static_cast<RecurrentState&>(state);
  auto& buffers = static_cast<Buffers&>(scratch);
  if (recurrent.settled()) return;
  recurrent.MakeBaseMutable();
  const size_t tail = state.position() - recurrent.base_position();
  buffers.Reserve(tail, 0, shape_, d_model_);
  const Call call{.pass = Pass::kPrefill,
                  .tail = tail,
                  .tokens = 0,
                  .new_base = state.position(),
                  .stride = shape_.in_proj_rows(),
                  .input = buffers.projected.data() + shape_.d_inner,
                  .state = &recurrent,
                  .buffers = buffers,
                  .pool = pool};
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    Convolve(call, layer, recurrent.mutable_conv_window(layer));
    StepSizes(call, layer);
    pool.ForRanges(shape_.heads, 1,
                   [&](size_t first, size_t last, size_t worker) {
                     simd::SsdChunk(ScanInputs(call, layer, 0, tail),
                                    simd::SsdParts::kState, first, last,
                                    recurrent.mutable_ssm(layer), nullptr, 0,
                                    buffers.ssd[worker].data());
                   });
  }
  recurrent.Advance(0, state.position());
}

}  // namespace krait::engine
