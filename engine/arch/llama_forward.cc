// SPDX-License-Identifier: Apache-2.0
// The forward pass of the Llama family, for one token and for many.
//
// A block, on the residual stream u [tokens, d_model]:
//   h     = RMSNorm(u)
//   q,k,v = wq h, wk h, wv h;  q, k rotated to their position (RoPE)
//   u    += wo softmax(q K^T / sqrt(head_dim)) V    over the cache, which now
//           holds k and v; query head j uses KV head j / (heads / kv_heads)
//   h     = RMSNorm(u)
//   u    += down(SiLU(gate h) * up h)

#include <algorithm>
#include <cmath>

#include "engine/arch/llama.h"
#include "simd/attention.h"
#include "simd/elementwise.h"
#include "simd/norm.h"
#include "simd/rope.h"

namespace krait::engine {

struct Llama::Buffers final : public Scratch {
  Buffers(size_t workers, size_t max_cols)
      : linear(workers, max_cols), scores(workers) {}

  void Reserve(size_t tokens, const LlamaShape& shape, size_t d_model) {
    if (tokens <= capacity) return;
    capacity = tokens;
    u = AlignedArray<float>(tokens * d_model);
    h = AlignedArray<float>(tokens * d_model);
    q = AlignedArray<float>(tokens * shape.heads * shape.head_dim);
    attended = AlignedArray<float>(q.size());
    k = AlignedArray<float>(tokens * shape.kv_heads * shape.head_dim);
    v = AlignedArray<float>(k.size());
    gate = AlignedArray<float>(tokens * shape.d_ff);
    up = AlignedArray<float>(tokens * shape.d_ff);
    cos = AlignedArray<float>(tokens * shape.rope_dim / 2);
    sin = AlignedArray<float>(tokens * shape.rope_dim / 2);
  }

  size_t capacity = 0;           // tokens
  AlignedArray<float> u;         // [tokens, d_model], the residual stream
  AlignedArray<float> h;         // [tokens, d_model]
  AlignedArray<float> q;         // [tokens, heads * head_dim]
  AlignedArray<float> attended;  // [tokens, heads * head_dim]
  AlignedArray<float> gate;      // [tokens, d_ff]
  AlignedArray<float> up;        // [tokens, d_ff]
  AlignedArray<float> cos;       // [tokens, rope_dim / 2]
  AlignedArray<float> sin;       // [tokens, rope_dim / 2]
  Linear linear;
  AlignedArray<float> k;                   // [tokens, kv_heads * head_dim]
  AlignedArray<float> v;                   // [tokens, kv_heads * head_dim]
  std::vector<std::vector<float>> scores;  // [workers][positions]
  // The blocks of one layer's cache, null where the window has passed.
  std::vector<const float*> keys;
  std::vector<const float*> values;
};

// What one forward call works on.
struct Llama::Call {
  Pass pass;
  size_t tokens;
  KvCache& cache;
  Buffers& buffers;
  WorkerPool& pool;
};

std::unique_ptr<Scratch> Llama::NewScratch(const WorkerPool& pool) const {
  return std::make_unique<Buffers>(
      pool.size(),
      std::max({d_model_, shape_.d_ff, shape_.heads * shape_.head_dim}));
}

void Llama::Forward(Pass pass, std::span<const TokenId> tokens, State& state,
                    Scratch& scratch, WorkerPool& pool, LogitsRows rows,
                    float* logits) const {
  auto& b = static_cast<Buffers&>(scratch);
  auto& cache = static_cast<KvCache&>(state);
  b.Reserve(tokens.size(), shape_, d_model_);
  cache.Extend(tokens.size());
  const Call call{pass, tokens.size(), cache, b, pool};
  const size_t angles = shape_.rope_dim / 2;
  for (size_t t = 0; t < tokens.size(); ++t) {
    simd::RopeAngles(cache.position() + t, shape_.rope_dim, shape_.rope_base,
                     b.cos.data() + t * angles, b.sin.data() + t * angles);
  }
  head_.Embed(tokens, b.u.data());
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    Attention(call, layer);
    FeedForward(call, layer);
  }
  cache.Advance(tokens.size());
  head_.Logits(b.u.data(), tokens.size(), rows, b.linear, pool, logits);
}

void Llama::Replay(std::shared_ptr<const StateBlock> block, size_t rows,
                   State& state, Scratch&, WorkerPool&) const {
  static_cast<KvCache&>(state).Append(std::move(block), rows);
}

void Llama::Attention(const Call& call, size_t layer) const {
  const LlamaLayer& weights = layers_[layer];
  Buffers& b = call.buffers;
  const size_t q_dim = shape_.heads * shape_.head_dim;
  const size_t kv_dim = shape_.kv_heads * shape_.head_dim;
  const size_t angles = shape_.rope_dim / 2;
  Normalise(call, weights.attention_norm);
  Multiply(call, weights.wq, b.h.data(), b.q.data());
  Multiply(call, weights.wk, b.h.data(), b.k.data());
  Multiply(call, weights.wv, b.h.data(), b.v.data());
  call.pool.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = begin; t < end; ++t) {
      const float* cos = b.cos.data() + t * angles;
      const float* sin = b.sin.data() + t * angles;
      simd::Rope(shape_.rope_pairing, cos, sin, shape_.heads, shape_.head_dim,
                 shape_.rope_dim, b.q.data() + t * q_dim);
      float* k = b.k.data() + t * kv_dim;
      simd::Rope(shape_.rope_pairing, cos, sin, shape_.kv_heads,
                 shape_.head_dim, shape_.rope_dim, k);
      const size_t position = call.cache.position() + t;
      std::copy_n(k, kv_dim, call.cache.key(layer, position));
      std::copy_n(b.v.data() + t * kv_dim, kv_dim,
                  call.cache.value(layer, position));
    }
  });
  Attend(call, layer);
  Multiply(call, weights.wo, b.attended.data(), b.h.data());
  AddResidual(call);
}

// `q` against the cache, to `attended`. One task is one head of one token.
void Llama::Attend(const Call& call, size_t layer) const {
  Buffers& b = call.buffers;
  const size_t heads_per_kv = shape_.heads / shape_.kv_heads;
  const size_t past = call.cache.position();
  for (auto& scores : b.scores) scores.resize(past + call.tokens);
  b.keys.clear();
  b.values.clear();
  for (size_t at = 0; at < past + call.tokens; at += kBlockTokens) {
    b.keys.push_back(call.cache.keys(layer, at));
    b.values.push_back(call.cache.values(layer, at));
  }
  call.pool.ForTasks(
      call.tokens * shape_.heads, [&](size_t task, size_t worker) {
        const size_t t = task / shape_.heads;
        const size_t head = task % shape_.heads;
        const size_t end = past + t + 1;
        const size_t begin =
            shape_.sliding_window == 0 || end <= shape_.sliding_window
                ? 0
                : end - shape_.sliding_window;
        const simd::AttentionInputs inputs{
            .k = b.keys.data(),
            .v = b.values.data(),
            .block_positions = kBlockTokens,
            .stride = shape_.kv_heads * shape_.head_dim,
            .column = head / heads_per_kv * shape_.head_dim,
            .begin = begin,
            .end = end,
            .head_dim = shape_.head_dim,
            .scale = 1.0F / std::sqrt(static_cast<float>(shape_.head_dim))};
        const size_t row = task * shape_.head_dim;
        simd::Attend(inputs, b.q.data() + row, b.scores[worker].data(),
                     b.attended.data() + row);
      });
}

void Llama::FeedForward(const Call& call, size_t layer) const {
  const LlamaLayer& weights = layers_[layer];
  Buffers& b = call.buffers;
  Normalise(call, weights.ffn_norm);
  Multiply(call, weights.gate, b.h.data(), b.gate.data());
  Multiply(call, weights.up, b.h.data(), b.up.data());
  call.pool.ForRanges(
      call.tokens * shape_.d_ff, 64, [&](size_t begin, size_t end, size_t) {
        simd::SiluMul(b.gate.data() + begin, b.up.data() + begin, end - begin,
                      b.gate.data() + begin);
      });
  Multiply(call, weights.down, b.gate.data(), b.h.data());
  AddResidual(call);
}

// h = RMSNorm(u) * weight
void Llama::Normalise(const Call& call,
                      const std::vector<float>& weight) const {
  Buffers& b = call.buffers;
  call.pool.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = begin; t < end; ++t) {
      simd::RmsNorm(b.u.data() + t * d_model_, weight.data(), d_model_,
                    head_.eps, b.h.data() + t * d_model_);
    }
  });
}

// y[tokens, rows] = W x[tokens, cols]
void Llama::Multiply(const Call& call, const simd::WeightView& w,
                     const float* x, float* y) {
  Linear& linear = call.buffers.linear;
  linear.Multiply(call.pass, w,
                  linear.Pack(x, call.tokens, w.cols, w.type, call.pool), y,
                  w.rows, call.pool);
}

// u += h
void Llama::AddResidual(const Call& call) const {
  Buffers& b = call.buffers;
  call.pool.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    simd::Add(b.h.data() + begin * d_model_, (end - begin) * d_model_,
              b.u.data() + begin * d_model_);
  });
}

}  // namespace krait::engine
