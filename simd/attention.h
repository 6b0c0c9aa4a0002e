// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_ATTENTION_H_
#define KRAIT_SIMD_ATTENTION_H_

#include <cstddef>

namespace krait::simd {

// Attention of one query vector over cached positions of its head, which lie in
// blocks of equal size:
//   out = sum_i softmax_i(scale * q . k_i) v_i, i in [begin, end)
//   q, out  [head_dim]
//   k, v    by block [block_positions, stride], of which the head has the
//           columns [column, column + head_dim); position i is row
//           i % block_positions of block i / block_positions
//   scores  [end - begin], scratch
// begin < end. The blocks do not show in the result.
struct AttentionInputs {
  const float* const* k = nullptr;
  const float* const* v = nullptr;
  size_t block_positions = 0;
  size_t stride = 0;
  size_t column = 0;
  size_t begin = 0;
  size_t end = 0;
  size_t head_dim = 0;
  float scale = 1;
};
void Attend(const AttentionInputs& inputs, const float* q, float* scores,
            float* out);

// The most queries of one call of AttendTile, unless one token has more.
inline constexpr size_t kAttentionTileQueries = 32;

// Causal attention of consecutive tokens of a sequence, by all query heads that
// share a KV head, in blocks of positions: each is read once for all queries.
// Sums go along the blocks (softmax with a running maximum), so that what a
// token gets depends on the tokens up to it only, bit for bit, not on the
// others of its tile; it rounds otherwise than Attend. Source: Dao et al. 2022,
// "FlashAttention", algorithm 1; Milakov and Gimelshein 2018.
struct AttentionTile {
  // As AttentionInputs have them; blocks of at most 64 positions.
  const float* const* k = nullptr;
  const float* const* v = nullptr;
  size_t block_positions = 0;
  size_t stride = 0;
  size_t column = 0;
  size_t head_dim = 0;
  float scale = 1;
  size_t window = 0;    // 0: none. w: position i sees i-w+1..i
  size_t position = 0;  // of the first token
  size_t tokens = 0;
  size_t heads = 0;          // that share the KV head
  const float* q = nullptr;  // [tokens, heads * head_dim], row stride q_stride
  size_t q_stride = 0;       // of `out`, too
  float* out = nullptr;      // likewise
};
// Returns the floats of scratch that one thread needs for up to `queries`
// (tokens * heads).
size_t AttentionTileScratch(size_t queries, size_t head_dim);
void AttendTile(const AttentionTile& tile, float* scratch);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_ATTENTION_H_
