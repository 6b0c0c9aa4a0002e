#version 450
// SPDX-License-Identifier: Apache-2.0
// y[t * y_stride + r] = (W x_t)[r]: a stream of the rows of W, bound by memory.
// A subgroup has kRows rows and one token: its invocations take groups of 16
// elements in turns, of whose loads those of all rows are under way at once,
// and add up without shared memory. A row's scale and minimum are taken out of
// a group's sum,
//   sum_i (scale * q_i - minimum) * x_i = scale * sum_i q_i x_i - minimum * sum_i x_i
// whose last sum all rows share. With EXPERTS each token's input meets the
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

#ifdef FLOATS
// Of inputs of any alignment, zeros behind the end of a row.
void LoadInputs(uint x_begin, uint group, out float inputs[16]) {
  for (uint i = 0u; i < 16u; ++i) {
    const uint col = 16u * group + i;
    inputs[i] = col < cols ? x.at[x_begin + col] : 0.0;
  }
}
#else
layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer
    Fours {
  vec4 at[];
};

// Inputs of quantised weights are aligned (Kernels::MatVec).
void LoadInputs(uint x_begin, uint group, out float inputs[16]) {
  for (uint k = 0u; k < 4u; ++k) {
    const vec4 four = Fours(x).at[x_begin / 4u + 4u * group + k];
    for (uint i = 0u; i < 4u; ++i) inputs[4u * k + i] = four[i];
  }
}
#endif

// Rows first_row.. of the product, to y_begin...
void Multiply(uint first_row, uint x_begin, uint y_begin, uint lane,
              uint lanes) {
  uint row_begins[kRows];
  for (uint r = 0u; r < kRows; ++r) {
    // The last row once more rather than none.
    row_begins[r] = RowBegin(min(first_row + r, rows - 1u), cols);
  }
  vec4 sums = vec4(0.0);
  for (uint group = lane; 16u * group < cols; group += lanes) {
    float inputs[16];
    LoadInputs(x_begin, group, inputs);
#ifdef FLOATS
    [[unroll]] for (uint r = 0u; r < kRows; ++r) {
      float w[16];
      RowGroup(row_begins[r], group, cols, w);
      [[unroll]] for (uint i = 0u; i < 16u; ++i) {
        sums[r] = fma(w[i], inputs[i], sums[r]);
      }
    }
#else
    uint q[kRows][4];
    vec4 scales;
    vec4 minima;
    [[unroll]] for (uint r = 0u; r < kRows; ++r) {
      RowQuants(row_begins[r], group, q[r], scales[r], minima[r]);
    }
    float input_sum = 0.0;
    [[unroll]] for (uint i = 0u; i < 16u; ++i) input_sum += inputs[i];
    [[unroll]] for (uint r = 0u; r < kRows; ++r) {
      float sum = 0.0;
      [[unroll]] for (uint i = 0u; i < 16u; ++i) {
        sum = fma(QuantValue(q[r], i), inputs[i], sum);
      }
      sums[r] = fma(scales[r], sum, sums[r]);
    }
    sums = fma(-minima, vec4(input_sum), sums);
#endif
  }
  sums = subgroupAdd(sums);
  if (!subgroupElect()) return;
  for (uint r = 0u; r < kRows && first_row + r < rows; ++r) {
    y.at[y_begin + first_row + r] = sums[r];
  }
}

void main() {
  // As they are: a driver may leave a subgroup half empty.
  const uint lanes = subgroupAdd(1u);
  const uint lane = subgroupExclusiveAdd(1u);
  const uint subgroup = (gl_WorkGroupID.z * gl_NumWorkGroups.x +
                         gl_WorkGroupID.x) * gl_NumSubgroups + gl_SubgroupID;
  const uint subgroups =
      gl_NumWorkGroups.z * gl_NumWorkGroups.x * gl_NumSubgroups;
#ifdef EXPERTS
  matrix = Uints(matrices.at[uses.at[gl_WorkGroupID.y].expert]);
  const uint x_begin = gl_WorkGroupID.y / uses_per_x * x_stride;
#else
  const uint x_begin = gl_WorkGroupID.y * x_stride;
#endif
  const uint y_begin = gl_WorkGroupID.y * y_stride;
  for (uint row = subgroup * kRows; row < rows; row += subgroups * kRows) {
    Multiply(row, x_begin, y_begin, lane, lanes);
  }
}
