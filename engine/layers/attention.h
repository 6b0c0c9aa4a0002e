// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_ATTENTION_H_
#define KRAIT_ENGINE_LAYERS_ATTENTION_H_

#include <cstddef>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/layers/batch.h"
#include "engine/layers/layer_reader.h"
#include "engine/model/hyperparameters.h"
#include "engine/state/kv_cache.h"
#include "simd/weights.h"

namespace krait::engine {

// The rotation of each pair of a head's elements from one position to the next,
// [rope_dim / 2], in radians.
std::vector<double> RopeFrequencies(const AttentionShape& shape);

// Causal self-attention with rotary positions. Source: Touvron et al. 2023,
// section 2.2; grouped queries: Ainslie et al. 2023; sliding window: Jiang et
// al. 2023, section 2.
class Attention {
 public:
  // The `cache_layer`th attention layer of its model.
  Attention(const AttentionShape& shape, size_t cache_layer, LayerReader& read);

  // Of one call, for all attention layers.
  struct Buffers;

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array;
  // keys and values go into the caches. Buffers::Begin must have been called
  // for the batch.
  void Run(const Batch& batch, Buffers& buffers, const float* x,
           float* y) const;

  size_t weight_bytes() const;

 private:
  void Finish(const Batch& batch, Buffers& buffers) const;
  void Attend(const Batch& batch, Buffers& buffers) const;
  void AttendTiles(const Batch& batch, Buffers& buffers) const;
  void AttendSteps(const Batch& batch, Buffers& buffers) const;

  AttentionShape shape_;
  size_t cache_layer_;
  simd::WeightView wq_;  // [heads * head_dim, d_model]
  simd::WeightView wk_;  // [kv_heads * head_dim, d_model]
  simd::WeightView wv_;  // [kv_heads * head_dim, d_model]
  simd::WeightView wo_;  // [d_model, heads * head_dim]
  // As the rows of wq, wk and wv; empty without biases.
  std::vector<float> bq_;
  std::vector<float> bk_;
  std::vector<float> bv_;
};

struct Attention::Buffers {
  Buffers(const AttentionShape& its_shape, size_t workers);

  // Makes ready for a call: room, the angles of positions, and where the blocks
  // of each row will be listed.
  void Begin(const Batch& batch);
  // Lists the blocks of one layer for all rows.
  void ListBlocks(size_t cache_layer);

  // A token of the batch: where its key and value go, and what it sees.
  struct Row {
    KvCache* cache;
    size_t position;
    size_t first_block;  // of its cache, in `keys` and `values`
  };

  AttentionShape shape;
  std::vector<double> frequencies;  // [rope_dim / 2]
  std::vector<Row> rows;
  size_t capacity = 0;                      // tokens
  AlignedArray<float> q;                    // [tokens, heads * head_dim]
  AlignedArray<float> attended;             // [tokens, heads * head_dim]
  AlignedArray<float> k;                    // [tokens, kv_heads * head_dim]
  AlignedArray<float> v;                    // [tokens, kv_heads * head_dim]
  AlignedArray<float> cos;                  // [tokens, rope_dim / 2]
  AlignedArray<float> sin;                  // [tokens, rope_dim / 2]
  std::vector<std::vector<float>> scratch;  // [workers], of the kernels
  // The blocks of one layer's caches, null where the window has passed.
  std::vector<const float*> keys;
  std::vector<const float*> values;

 private:
  void Reserve(size_t tokens);
  void AddRow(KvCache& cache, size_t position);
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_ATTENTION_H_
