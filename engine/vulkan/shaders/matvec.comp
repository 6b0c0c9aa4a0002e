#version 450
// SPDX-License-Identifier: Apache-2.0
// y[t * y_stride + r] = (W x_t)[r]: a stream of the rows of W. A workgroup has
// kRows rows and one token; its invocations take groups of 16 elements in
// turns, dequantised in registers. With EXPERTS each token's input meets the
// matrix of a few experts, its uses, each of which has an output of its own.
#include "common.glsl"
layout(local_size_x = 64) in;

#ifdef EXPERTS
#include "expert_uses.glsl"
#define PARAMETERS  \
  Floats x;         \
  Floats y;         \
  Uses uses;        \
  uint rows;        \
  uint cols;        \
  uint x_stride;    \
  uint y_stride;    \
  uint uses_per_x;
#else
#define PARAMETERS  \
  Floats x;         \
  Floats y;         \
  uint rows;        \
  uint cols;        \
  uint x_stride;    \
  uint y_stride;
#endif
#include "format.glsl"

const uint kRows = 4u;
shared vec4 partial_sums[kMaxSubgroups];

void main() {
  // Rows beyond what one dimension of a dispatch is sure to have.
  const uint first_row =
      (gl_WorkGroupID.z * gl_NumWorkGroups.x + gl_WorkGroupID.x) * kRows;
  if (first_row >= rows) return;
#ifdef EXPERTS
  matrix = matrices.at[uses.at[gl_WorkGroupID.y].expert];
  const uint x_begin = gl_WorkGroupID.y / uses_per_x * x_stride;
#else
  const uint x_begin = gl_WorkGroupID.y * x_stride;
#endif
  float sums[kRows] = float[kRows](0.0, 0.0, 0.0, 0.0);
  for (uint group = gl_LocalInvocationID.x; 16u * group < cols;
       group += gl_WorkGroupSize.x) {
    float inputs[16];
    for (uint i = 0u; i < 16u; ++i) {
      const uint col = 16u * group + i;
      inputs[i] = col < cols ? x.at[x_begin + col] : 0.0;
    }
    for (uint r = 0u; r < kRows; ++r) {
      // The last rows once more rather than none.
      const uint row = min(first_row + r, rows - 1u);
      float w[16];
      RowGroup(RowBegin(row, cols), group, cols, w);
      float sum = sums[r];
      for (uint i = 0u; i < 16u; ++i) sum = fma(w[i], inputs[i], sum);
      sums[r] = sum;
    }
  }
  const vec4 of_subgroup = subgroupAdd(vec4(sums[0], sums[1], sums[2], sums[3]));
  if (subgroupElect()) partial_sums[gl_SubgroupID] = of_subgroup;
  barrier();
  const uint r = gl_LocalInvocationID.x;
  if (r >= kRows || first_row + r >= rows) return;
  float sum = 0.0;
  for (uint i = 0u; i < gl_NumSubgroups; ++i) sum += partial_sums[i][r];
  y.at[gl_WorkGroupID.y * y_stride + first_row + r] = sum;
}
