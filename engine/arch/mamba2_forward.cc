// SPDX-License-Identifier: Apache-2.0
// The forward pass of Mamba-2, for one token and for many.
//
// A block, on the residual stream u [tokens, d_model]:
//   h          = RMSNorm(u)
//   z,x,B,C,dt = in_proj h
//   x,B,C      = SiLU(causal_conv1d(x,B,C))        window: the state's conv
//   part dt         = softplus(dt + dt_bias) y          = SSM(x, dt, A, B, C) +
//   D x         recurrence: its SSM part u         += out_proj(GroupRMSNorm(y *
//   SiLU(z)))
//
// For one token the SSM is one step of the recurrence; for many it runs in
// chunks in matrix form (SSD). Chunks end at multiples of kSsdMaxChunk of the
// absolute position, so that the arithmetic does not depend on how the tokens
// were cut into calls, as long as the calls end there too.

#include <algorithm>

#include "engine/arch/mamba2.h"
#include "simd/conv1d.h"
#include "simd/elementwise.h"
#include "simd/norm.h"
#include "simd/ssm.h"

namespace krait::engine {

struct Mamba2::Buffers final : public Scratch {
  Buffers(size_t workers, const Mamba2Shape& shape, size_t d_model)
      : linear(workers, std::max(d_model, shape.d_inner)) {
    for (size_t i = 0; i < workers; ++i) {
      ssd.emplace_back(simd::SsdScratchBytes(shape.head_dim, shape.state));
    }
  }

  void Reserve(size_t tokens, const Mamba2Shape& shape, size_t d_model) {
    if (tokens <= capacity) return;
    capacity = tokens;
    u = AlignedArray<float>(tokens * d_model);
    h = AlignedArray<float>(tokens * d_model);
    projected = AlignedArray<float>(tokens * shape.in_proj_rows());
    y = AlignedArray<float>(tokens * shape.d_inner);
  }

  size_t capacity = 0;            // tokens
  AlignedArray<float> u;          // [tokens, d_model], the residual stream
  AlignedArray<float> h;          // [tokens, d_model]
  AlignedArray<float> projected;  // [tokens, in_proj_rows]: z, x, B, C, dt
  AlignedArray<float> y;          // [tokens, d_inner]
  Linear linear;
  std::vector<AlignedArray<std::byte>> ssd;  // one per worker
};

// What one forward call works on.
struct Mamba2::Call {
  size_t tokens;
  RecurrentState& state;
  Buffers& buffers;
  WorkerPool& pool;
};

std::unique_ptr<Scratch> Mamba2::NewScratch(const WorkerPool& pool) const {
  return std::make_unique<Buffers>(pool.size(), shape_, d_model_);
}

void Mamba2::Forward(std::span<const TokenId> tokens, State& state,
                     Scratch& scratch, WorkerPool& pool, LogitsRows rows,
                     float* logits) const {
  auto& buffers = static_cast<Buffers&>(scratch);
  buffers.Reserve(tokens.size(), shape_, d_model_);
  const Call call{tokens.size(), static_cast<RecurrentState&>(state), buffers,
                  pool};
  head_.Embed(tokens, buffers.u.data());
  for (size_t layer = 0; layer < layers_.size(); ++layer) Block(call, layer);
  state.Advance(tokens.size());
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
  b.linear.Multiply(weights.in_proj,
                    b.linear.Pack(b.h.data(), call.tokens, d_model_,
                                  weights.in_proj.type, call.pool),
                    b.projected.data(), shape_.in_proj_rows(), call.pool);
  Mix(call, layer);
  b.linear.Multiply(weights.out_proj,
                    b.linear.Pack(b.y.data(), call.tokens, shape_.d_inner,
                                  weights.out_proj.type, call.pool),
                    b.h.data(), d_model_, call.pool);
  call.pool.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    simd::Add(b.h.data() + begin * d_model_, (end - begin) * d_model_,
              b.u.data() + begin * d_model_);
  });
}

// The part of a block between its two projections: `projected` to `y`.
void Mamba2::Mix(const Call& call, size_t layer) const {
  const Mamba2Layer& weights = layers_[layer];
  Buffers& b = call.buffers;
  const size_t stride = shape_.in_proj_rows();
  const size_t conv_dim = shape_.conv_dim();
  const size_t tokens = call.tokens;
  float* xbc = b.projected.data() + shape_.d_inner;
  float* dt = xbc + conv_dim;

  const simd::CausalConv1d conv{conv_dim, shape_.conv_width,
                                weights.conv_weight.data(),
                                weights.conv_bias.data()};
  float* window = call.state.conv_window(layer);
  const auto convolve = [&](size_t begin, size_t end, size_t) {
    simd::CausalConv1dSilu(conv, begin, end, tokens, xbc, stride, window, xbc,
                           stride);
  };
  const auto step_sizes = [&](size_t begin, size_t end, size_t) {
    for (size_t t = begin; t < end; ++t) {
      simd::Add(weights.dt_bias.data(), shape_.heads, dt + t * stride);
      simd::Softplus(dt + t * stride, shape_.heads, dt + t * stride);
    }
  };
  const auto gate = [&](size_t begin, size_t end, size_t) {
    for (size_t t = begin; t < end; ++t) {
      float* y = b.y.data() + t * shape_.d_inner;
      simd::GatedGroupRmsNorm(y, b.projected.data() + t * stride,
                              weights.gate_norm.data(), shape_.d_inner,
                              shape_.groups, head_.eps, y);
    }
  };
  if (tokens == 1) {  // too little work to share
    convolve(0, conv_dim, 0);
    step_sizes(0, 1, 0);
    Scan(call, layer);
    gate(0, 1, 0);
    return;
  }
  // 64 channels: whole cache lines for each worker.
  call.pool.ForRanges(conv_dim, 64, convolve);
  call.pool.ForRanges(tokens, 1, step_sizes);
  Scan(call, layer);
  call.pool.ForRanges(tokens, 1, gate);
}

void Mamba2::Scan(const Call& call, size_t layer) const {
  const Mamba2Layer& weights = layers_[layer];
  Buffers& b = call.buffers;
  const size_t stride = shape_.in_proj_rows();
  const size_t bc = shape_.groups * shape_.state;
  const float* xbc = b.projected.data() + shape_.d_inner;
  simd::SsmInputs all{.tokens = call.tokens,
                      .heads = shape_.heads,
                      .groups = shape_.groups,
                      .head_dim = shape_.head_dim,
                      .state = shape_.state,
                      .x = xbc,
                      .x_stride = stride,
                      .b = xbc + shape_.d_inner,
                      .b_stride = stride,
                      .c = xbc + shape_.d_inner + bc,
                      .c_stride = stride,
                      .dt = xbc + shape_.conv_dim(),
                      .dt_stride = stride,
                      .a = weights.a.data(),
                      .d = weights.d.data()};
  float* states = call.state.ssm(layer);
  if (call.tokens == 1) {
    call.pool.ForRanges(shape_.heads, 1, [&](size_t begin, size_t end, size_t) {
      simd::SsmStep(all, begin, end, states, b.y.data());
    });
    return;
  }
  call.pool.ForRanges(
      shape_.heads, 1, [&](size_t begin, size_t end, size_t worker) {
        simd::SsmInputs chunk = all;
        size_t position = call.state.position();
        for (size_t done = 0; done < call.tokens; done += chunk.tokens) {
          chunk.tokens =
              std::min(call.tokens - done,
                       simd::kSsdMaxChunk - position % simd::kSsdMaxChunk);
          chunk.x = all.x + done * stride;
          chunk.b = all.b + done * stride;
          chunk.c = all.c + done * stride;
          chunk.dt = all.dt + done * stride;
          simd::SsdChunk(chunk, begin, end, states,
                         b.y.data() + done * shape_.d_inner, shape_.d_inner,
                         b.ssd[worker].data());
          position += chunk.tokens;
        }
      });
}

}  // namespace krait::engine
