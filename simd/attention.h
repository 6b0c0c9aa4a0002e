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

}  // namespace krait::simd

#endif  // KRAIT_SIMD_ATTENTION_H_
