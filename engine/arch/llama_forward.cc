// SPDX-License-Identifier: Apache-2.0
// The forward pass of the Llama family, for many tokens of one sequence and for
// one of each of several: each row of a batch knows its cache and its position.
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

  // A token of the batch: where its key and value go, and what it sees.
  struct Row {
    KvCache* cache;
    size_t position;
    size_t first_block;  // of its cache, in `keys` and `values`
  };

  // Rows of a cache follow each other, positions ascending.
  void AddRow(KvCache& cache, size_t position) {
    size_t first_block = 0;
    if (!rows.empty()) {
      const Row& last = rows.back();
      first_block = last.first_block;
      if (last.cache != &cache) first_block += NumBlocks(last);
    }
    rows.push_back({&cache, position, first_block});
  }
  // Blocks up to a row's position.
  static size_t NumBlocks(const Row& row) {
    return row.position / kBlockTokens + 1;
  }

  // Lists the blocks of one layer for all rows.
  void ListBlocks(size_t layer) {
    keys.clear();
    values.clear();
    for (const Row& row : rows) {
      while (keys.size() < row.first_block + NumBlocks(row)) {
        const size_t at = (keys.size() - row.first_block) * kBlockTokens;
        keys.push_back(row.cache->keys(layer, at));
        values.push_back(row.cache->values(layer, at));
      }
    }
  }

  std::vector<Row> rows;         // of the call
  std::vector<float*> logits;    // of a decode, one per row
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
  // The blocks of one layer's caches, null where the window has passed.
  std::vector<const float*> keys;
  std::vector<const float*> values;
};

// What one forward call works on.
struct Llama::Call {
  size_t tokens() const { return buffers.rows.size(); }

  Pass pass;
  Buffers& buffers;
  WorkerPool& pool;
};

std::unique_ptr<Scratch> Llama::NewScratch(const WorkerPool& pool) const {
  return std::make_unique<Buffers>(
      pool.size(),
      std::max({d_model_, shape_.d_ff, shape_.heads * shape_.head_dim}));
}

void Llama::Prefill(std::span<const TokenId> tokens, State& state,
                    Scratch& scratch, WorkerPool& pool, LogitsRows rows,
                    float* logits) const {
  auto& b = static_cast<Buffers&>(scratch);
  auto& cache = static_cast<KvCache&>(state);
  b.Reserve(tokens.size(), shape_, d_model_);
  cache.Extend(tokens.size());
  b.rows.clear();
  for (size_t t = 0; t < tokens.size(); ++t) {
    b.AddRow(cache, cache.position() + t);
  }
  head_.Embed(tokens, b.u.data());
  RunLayers({Pass::kPrefill, b, pool});
  cache.Advance(tokens.size());
  head_.Logits(b.u.data(), tokens.size(), rows, b.linear, pool, logits);
}

void Llama::Decode(std::span<const DecodeStep> steps, Scratch& scratch,
                   WorkerPool& pool) const {
  auto& b = static_cast<Buffers&>(scratch);
  b.Reserve(steps.size(), shape_, d_model_);
  b.rows.clear();
  b.logits.clear();
  for (size_t s = 0; s < steps.size(); ++s) {
    auto& cache = static_cast<KvCache&>(*steps[s].state);
    cache.Extend(1);
    b.AddRow(cache, cache.position());
    b.logits.push_back(steps[s].logits);
    head_.Embed({&steps[s].token, 1}, b.u.data() + s * d_model_);
  }
  RunLayers({Pass::kDecode, b, pool});
  for (const Buffers::Row& row : b.rows) row.cache->Advance(1);
  head_.DecodeLogits(b.u.data(), b.logits, b.linear, pool);
}

// `u` from the embeddings to what the output head takes.
void Llama::RunLayers(const Call& call) const {
  Buffers& b = call.buffers;
  const size_t angles = shape_.rope_dim / 2;
  for (size_t t = 0; t < call.tokens(); ++t) {
    simd::RopeAngles(b.rows[t].position, shape_.rope_dim, shape_.rope_base,
                     b.cos.data() + t * angles, b.sin.data() + t * angles);
  }
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    Attention(call, layer);
    FeedForward(call, layer);
  }
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
  call.pool.ForRanges(call.tokens(), 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = begin; t < end; ++t) {
      const float* cos = b.cos.data() + t * angles;
      const float* sin = b.sin.data() + t * angles;
      simd::Rope(shape_.rope_pairing, cos, sin, shape_.heads, shape_.head_dim,
                 shape_.rope_dim, b.q.data() + t * q_dim);
      float* k = b.k.data() + t * kv_dim;
      simd::Rope(shape_.rope_pairing, cos, sin, shape_.kv_heads,
                 shape_.head_dim, shape_.rope_dim, k);
      const Buffers::Row& row = b.rows[t];
      std::copy_n(k, kv_dim, row.cache->key(layer, row.position));
      std::copy_n(b.v.data() + t * kv_dim, kv_dim,
                  row.cache->value(layer, row.position));
    }
  });
  Attend(call, layer);
  Multiply(call, weights.wo, b.attended.data(), b.h.data());
  AddResidual(call);
}

// `q` against the caches, to `attended`. One task is one head of one token.
void Llama::Attend(const Call& call, size_t layer) const {
  Buffers& b = call.buffers;
  const size_t heads_per_kv = shape_.heads / shape_.kv_heads;
  size_t longest = 0;
  for (const Buffers::Row& row : b.rows) {
    longest = std::max(longest, row.position + 1);
  }
  for (auto& scores : b.scores) scores.resize(longest);
  b.ListBlocks(layer);
  call.pool.ForTasks(
      call.tokens() * shape_.heads, [&](size_t task, size_t worker) {
        const Buffers::Row& seen = b.rows[task / shape_.heads];
        const size_t head = task % shape_.heads;
        const size_t end = seen.position + 1;
        const size_t begin =
            shape_.sliding_window == 0 || end <= shape_.sliding_window
                ? 0
                : end - shape_.sliding_window;
        const simd::AttentionInputs inputs{
            .k = b.keys.data() + seen.first_block,
            .v = b.values.data() + seen.first_block,
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
      call.tokens() * shape_.d_ff, 64, [&](size_t begin, size_t end, size_t) {
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
  call.pool.ForRanges(call.tokens(), 1, [&](size_t begin, size_t end, size_t) {
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
                  linear.Pack(x, call.tokens(), w.cols, w.type, call.pool), y,
                  w.rows, call.pool);
}

// u += h
void Llama::AddResidual(const Call& call) const {
  Buffers& b = call.buffers;
  call.pool.ForRanges(call.tokens(), 1, [&](size_t begin, size_t end, size_t) {
    simd::Add(b.h.data() + begin * d_model_, (end - begin) * d_model_,
              b.u.data() + begin * d_model_);
  });
}

}  // namespace krait::engine
