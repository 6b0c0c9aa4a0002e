// SPDX-License-Identifier: Apache-2.0
// Attention, for many tokens of one sequence and for one of each of several:
// each row of a batch knows its cache and its position. On x [tokens, d_model]:
//   q,k,v = wq x + bq, wk x + bk, wv x + bv (biases where the model has them);
//   q, k  rotated to their position (RoPE)
//   y     = wo softmax(scale q K^T) V    over the cache, which now holds k and
//           v; query head j uses KV head j / (heads / kv_heads); scale is
//           mostly 1 / sqrt(head_dim)

#include "engine/layers/attention.h"

#include <algorithm>
#include <cmath>

#include "simd/attention.h"
#include "simd/elementwise.h"
#include "simd/rope.h"

namespace krait::engine {
namespace {

// Blocks up to a position.
size_t NumBlocks(size_t position) {
  return position / kBlockTokens + 1;
}

AttentionShape WithScale(AttentionShape shape) {
  if (shape.scale == 0) {
    shape.scale = 1.0F / std::sqrt(static_cast<float>(shape.head_dim));
  }
  return shape;
}

// What a projection gave, of `size`, with its factor and its bias.
void Adjust(float scale, const std::vector<float>& bias, size_t size,
            float* x) {
  if (scale != 1) simd::Scale(scale, size, x);
  if (!bias.empty()) simd::Add(bias.data(), size, x);
}

}  // namespace

// frequency_i = base^(-2i / dim) / divisor_i
std::vector<double> RopeFrequencies(const AttentionShape& shape) {
  std::vector<double> frequencies(shape.rope_dim / 2);
  const double step = -2.0 / static_cast<double>(shape.rope_dim);
  for (size_t i = 0; i < frequencies.size(); ++i) {
    frequencies[i] = std::pow(shape.rope_base, step * static_cast<double>(i));
    if (!shape.rope_divisors.empty()) {
      frequencies[i] /= static_cast<double>(shape.rope_divisors[i]);
    }
  }
  return frequencies;
}

Attention::Attention(const AttentionShape& shape, size_t cache_layer,
                     LayerReader& read)
    : shape_(WithScale(shape)),
      cache_layer_(cache_layer),
      wq_(read.Matrix("attn_q.weight")),
      wk_(read.Matrix("attn_k.weight")),
      wv_(read.Matrix("attn_v.weight")),
      wo_(read.Matrix("attn_output.weight")) {
  if (!shape.has_biases) return;
  bq_ = read.Vector("attn_q.bias");
  bk_ = read.Vector("attn_k.bias");
  bv_ = read.Vector("attn_v.bias");
}

size_t Attention::weight_bytes() const {
  return WeightBytes(wq_) + WeightBytes(wk_) + WeightBytes(wv_) +
         WeightBytes(wo_);
}

Attention::Buffers::Buffers(const AttentionShape& its_shape, size_t workers)
    : shape(its_shape),
      frequencies(RopeFrequencies(its_shape)),
      scratch(workers) {}

void Attention::Buffers::Reserve(size_t tokens) {
  if (tokens <= capacity) return;
  capacity = tokens;
  q = AlignedArray<float>(tokens * shape.heads * shape.head_dim);
  attended = AlignedArray<float>(q.size());
  k = AlignedArray<float>(tokens * shape.kv_heads * shape.head_dim);
  v = AlignedArray<float>(k.size());
  cos = AlignedArray<float>(tokens * shape.rope_dim / 2);
  sin = AlignedArray<float>(tokens * shape.rope_dim / 2);
}

void Attention::Buffers::Begin(const Batch& batch) {
  Reserve(batch.tokens());
  rows.clear();
  const size_t angles = shape.rope_dim / 2;
  for (const BatchRow& row : batch.rows) {
    const size_t t = rows.size();
    AddRow(*row.state->kv(), row.position);
    simd::RopeAngles(row.position, frequencies, cos.data() + t * angles,
                     sin.data() + t * angles);
  }
}

// Rows of a cache follow each other, positions ascending.
void Attention::Buffers::AddRow(KvCache& cache, size_t position) {
  size_t first_block = 0;
  if (!rows.empty()) {
    const Row& last = rows.back();
    first_block = last.first_block;
    if (last.cache != &cache) first_block += NumBlocks(last.position);
  }
  rows.push_back({&cache, position, first_block});
}

void Attention::Buffers::ListBlocks(size_t cache_layer) {
  keys.clear();
  values.clear();
  for (const Row& row : rows) {
    while (keys.size() < row.first_block + NumBlocks(row.position)) {
      const size_t at = (keys.size() - row.first_block) * kBlockTokens;
      keys.push_back(row.cache->keys(cache_layer, at));
      values.push_back(row.cache->values(cache_layer, at));
    }
  }
}

void Attention::Run(const Batch& batch, Buffers& b, const float* x,
                    float* y) const {
  const size_t tokens = batch.tokens();
  Executor& executor = batch.executor;
  executor.MultiplyAll(
      batch.pass, x, tokens,
      {{wq_, b.q.data()}, {wk_, b.k.data()}, {wv_, b.v.data()}});
  Finish(batch, b);
  executor.Do(Work::kAttention, [&] { Attend(batch, b); });
  executor.Multiply(batch.pass, wo_, b.attended.data(), tokens, y, wo_.rows);
}

// Factors and biases of `q`, `k` and `v`; `q` and `k` to their positions, `k`
// and `v` into the caches.
void Attention::Finish(const Batch& batch, Buffers& b) const {
  const size_t q_dim = shape_.heads * shape_.head_dim;
  const size_t kv_dim = shape_.kv_heads * shape_.head_dim;
  const size_t angles = shape_.rope_dim / 2;
  batch.executor.pool().ForRanges(
      batch.tokens(), 1, [&](size_t begin, size_t end, size_t) {
        for (size_t t = begin; t < end; ++t) {
          const float* cos = b.cos.data() + t * angles;
          const float* sin = b.sin.data() + t * angles;
          float* q = b.q.data() + t * q_dim;
          float* k = b.k.data() + t * kv_dim;
          float* v = b.v.data() + t * kv_dim;
          Adjust(shape_.q_scale, bq_, q_dim, q);
          Adjust(shape_.k_scale, bk_, kv_dim, k);
          Adjust(shape_.v_scale, bv_, kv_dim, v);
          simd::Rope(shape_.rope_pairing, cos, sin, shape_.heads,
                     shape_.head_dim, shape_.rope_dim, q);
          simd::Rope(shape_.rope_pairing, cos, sin, shape_.kv_heads,
                     shape_.head_dim, shape_.rope_dim, k);
          const Buffers::Row& row = b.rows[t];
          std::copy_n(k, kv_dim, row.cache->key(cache_layer_, row.position));
          std::copy_n(v, kv_dim, row.cache->value(cache_layer_, row.position));
        }
      });
}

// `q` against the caches, to `attended`.
void Attention::Attend(const Batch& batch, Buffers& b) const {
  b.ListBlocks(cache_layer_);
  if (batch.pass == Pass::kPrefill) {
    AttendTiles(batch, b);
  } else {
    AttendSteps(batch, b);
  }
}

// Tokens of one sequence. One task is some of them and a KV head.
void Attention::AttendTiles(const Batch& batch, Buffers& b) const {
  const size_t heads = shape_.heads / shape_.kv_heads;
  const size_t tile_tokens =
      std::max<size_t>(1, simd::kAttentionTileQueries / heads);
  const size_t tiles = (batch.tokens() + tile_tokens - 1) / tile_tokens;
  const size_t floats =
      simd::AttentionTileScratch(tile_tokens * heads, shape_.head_dim);
  for (auto& scratch : b.scratch) scratch.resize(floats);
  const size_t stride = shape_.heads * shape_.head_dim;
  batch.executor.pool().ForTasks(tiles * shape_.kv_heads, [&](size_t task,
                                                              size_t worker) {
    const size_t kv_head = task % shape_.kv_heads;
    // The longest first, so that nobody waits for one that was begun last.
    const size_t tile = tiles - 1 - task / shape_.kv_heads;
    const size_t first = tile * tile_tokens;
    const Buffers::Row& row = b.rows[first];
    const size_t offset = first * stride + kv_head * heads * shape_.head_dim;
    simd::AttendTile({.k = b.keys.data() + row.first_block,
                      .v = b.values.data() + row.first_block,
                      .block_positions = kBlockTokens,
                      .stride = shape_.kv_heads * shape_.head_dim,
                      .column = kv_head * shape_.head_dim,
                      .head_dim = shape_.head_dim,
                      .scale = shape_.scale,
                      .window = shape_.sliding_window,
                      .position = row.position,
                      .tokens = std::min(tile_tokens, batch.tokens() - first),
                      .heads = heads,
                      .q = b.q.data() + offset,
                      .q_stride = stride,
                      .out = b.attended.data() + offset},
                     b.scratch[worker].data());
  });
}

// A token of each of several sequences. One task is one head of one token.
void Attention::AttendSteps(const Batch& batch, Buffers& b) const {
  const size_t heads_per_kv = shape_.heads / shape_.kv_heads;
  size_t longest = 0;
  for (const Buffers::Row& row : b.rows) {
    longest = std::max(longest, row.position + 1);
  }
  for (auto& scratch : b.scratch) scratch.resize(longest);
  batch.executor.pool().ForTasks(
      batch.tokens() * shape_.heads, [&](size_t task, size_t worker) {
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
            .scale = shape_.scale};
        const size_t row = task * shape_.head_dim;
        simd::Attend(inputs, b.q.data() + row, b.scratch[worker].data(),
                     b.attended.data() + row);
      });
}

}  // namespace krait::engine
