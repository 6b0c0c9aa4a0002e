#version 450
// SPDX-License-Identifier: Apache-2.0
// y[t * y_stride + r] = (W x_t)[r]: a stream of the rows of W, bound by memory.
// A subgroup has kRows rows and kTokens tokens, which share what is read of the
// rows: its invocations take groups of 16 elements in turns, of whose loads
// those of all rows are under way at once, and add up without shared memory. A
// row's scale and minimum are taken out of a group's sum,
//   sum_i (scale * q_i - minimum) * x_i = scale * sum_i q_i x_i - minimum * sum_i x_i
// whose last sum all rows share. What a token gets is the same, bit for bit,
// whatever kTokens is. With EXPERTS each token's input meets the matrix of a few
// experts, its uses, each of which has an output of its own: of one token use by
// use, of several those of an expert at once, as group_uses.comp has listed
// them.
#include "common.glsl"
layout(local_size_x = 64) in;
// 1 to 8; of more there are several workgroups, of fewer the last stands for
// those that are not there.
layout(constant_id = 0) const uint kTokens = 1u;

#ifdef EXPERTS
#include "expert_uses.glsl"
#define PARAMETERS  \
  Floats x;         \
  Floats y;         \
  Uses uses;        \
  Uints order;      \
  Uints begins;     \
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
  uint y_stride;    \
  uint tokens;
#endif
#include "format.glsl"

const uint kRows = 4u;
// Tokens whose inputs are in registers at once.
const uint kPart = kTokens < 4u ? kTokens : 4u;

// Of the tokens that a subgroup has: where inputs and outputs begin, and how
// many are there.
uint x_begins[kTokens];
uint y_begins[kTokens];
uint token_count;

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

// Adds the products of one group of all rows and tokens.
void AddGroup(uint row_begins[kRows], uint group, inout vec4 sums[kTokens]) {
#ifdef FLOATS
  float w[kRows][16];
  [[unroll]] for (uint r = 0u; r < kRows; ++r) {
    RowGroup(row_begins[r], group, cols, w[r]);
  }
#else
  uint q[kRows][4];
  vec4 scales;
  vec4 minima;
  [[unroll]] for (uint r = 0u; r < kRows; ++r) {
    RowQuants(row_begins[r], group, q[r], scales[r], minima[r]);
  }
#endif
  [[unroll]] for (uint first = 0u; first < kTokens; first += kPart) {
    float inputs[kPart][16];
    [[unroll]] for (uint t = 0u; t < kPart; ++t) {
      LoadInputs(x_begins[first + t], group, inputs[t]);
    }
#ifdef FLOATS
    [[unroll]] for (uint r = 0u; r < kRows; ++r) {
      [[unroll]] for (uint t = 0u; t < kPart; ++t) {
        [[unroll]] for (uint i = 0u; i < 16u; ++i) {
          sums[first + t][r] = fma(w[r][i], inputs[t][i], sums[first + t][r]);
        }
      }
    }
#else
    [[unroll]] for (uint r = 0u; r < kRows; ++r) {
      float products[kPart];
      [[unroll]] for (uint t = 0u; t < kPart; ++t) products[t] = 0.0;
      [[unroll]] for (uint i = 0u; i < 16u; ++i) {
        const float value = QuantValue(q[r], i);
        [[unroll]] for (uint t = 0u; t < kPart; ++t) {
          products[t] = fma(value, inputs[t][i], products[t]);
        }
      }
      [[unroll]] for (uint t = 0u; t < kPart; ++t) {
        sums[first + t][r] = fma(scales[r], products[t], sums[first + t][r]);
      }
    }
    [[unroll]] for (uint t = 0u; t < kPart; ++t) {
      float input_sum = 0.0;
      [[unroll]] for (uint i = 0u; i < 16u; ++i) input_sum += inputs[t][i];
      sums[first + t] = fma(-minima, vec4(input_sum), sums[first + t]);
    }
#endif
  }
}

// Rows first_row.. of the products.
void Multiply(uint first_row, uint lane, uint lanes) {
  uint row_begins[kRows];
  for (uint r = 0u; r < kRows; ++r) {
    // The last row once more rather than none.
    row_begins[r] = RowBegin(min(first_row + r, rows - 1u), cols);
  }
  vec4 sums[kTokens];
  [[unroll]] for (uint t = 0u; t < kTokens; ++t) sums[t] = vec4(0.0);
  for (uint group = lane; 16u * group < cols; group += lanes) {
    AddGroup(row_begins, group, sums);
  }
  [[unroll]] for (uint t = 0u; t < kTokens; ++t) sums[t] = subgroupAdd(sums[t]);
  if (!subgroupElect()) return;
  [[unroll]] for (uint t = 0u; t < kTokens; ++t) {
    if (t >= token_count) break;
    for (uint r = 0u; r < kRows && first_row + r < rows; ++r) {
      y.at[y_begins[t] + first_row + r] = sums[t][r];
    }
  }
}

// All rows, of the tokens that were chosen.
void MultiplyRows() {
  // As they are: a driver may leave a subgroup half empty.
  const uint lanes = subgroupAdd(1u);
  const uint lane = subgroupExclusiveAdd(1u);
  const uint subgroup = (gl_WorkGroupID.z * gl_NumWorkGroups.x +
                         gl_WorkGroupID.x) * gl_NumSubgroups + gl_SubgroupID;
  const uint subgroups =
      gl_NumWorkGroups.z * gl_NumWorkGroups.x * gl_NumSubgroups;
  for (uint row = subgroup * kRows; row < rows; row += subgroups * kRows) {
    Multiply(row, lane, lanes);
  }
}

#ifdef EXPERTS
void ChooseUse(uint t, uint use) {
  x_begins[t] = use / uses_per_x * x_stride;
  y_begins[t] = use * y_stride;
}

void main() {
  if (kTokens == 1u) {
    matrix = Uints(matrices.at[uses.at[gl_WorkGroupID.y].expert]);
    token_count = 1u;
    ChooseUse(0u, gl_WorkGroupID.y);
    MultiplyRows();
    return;
  }
  matrix = Uints(matrices.at[gl_WorkGroupID.y]);
  const uint end = begins.at[gl_WorkGroupID.y + 1u];
  for (uint i = begins.at[gl_WorkGroupID.y]; i < end; i += kTokens) {
    token_count = min(kTokens, end - i);
    [[unroll]] for (uint t = 0u; t < kTokens; ++t) {
      ChooseUse(t, order.at[min(i + t, end - 1u)]);
    }
    MultiplyRows();
  }
}
#else
void main() {
  const uint first = gl_WorkGroupID.y * kTokens;
  token_count = min(kTokens, tokens - first);
  [[unroll]] for (uint t = 0u; t < kTokens; ++t) {
    const uint token = min(first + t, tokens - 1u);
    x_begins[t] = token * x_stride;
    y_begins[t] = token * y_stride;
  }
  MultiplyRows();
}
#endif
