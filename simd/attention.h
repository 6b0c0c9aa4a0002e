// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_ATTENTION_H_
#define KRAIT_SIMD_ATTENTION_H_

#include <cstddef>

namespace krait::simd {

// Attention of one query vector over `positions` cached ones of its head:
//   out = sum_i softmax_i(scale * q . k_i) v_i
//   q, out  [head_dim]
//   k, v    [positions, head_dim], row stride `stride` floats
//   scores  [positions], scratch
// positions >= 1.
struct AttentionInputs {
  const float* k = nullptr;
  const float* v = nullptr;
  size_t stride = 0;
  size_t positions = 0;
  size_t head_dim = 0;
  float scale = 1;
};
void Attend(const AttentionInputs& inputs, const float* q, float* scores,
            float* out);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_ATTENTION_H_
