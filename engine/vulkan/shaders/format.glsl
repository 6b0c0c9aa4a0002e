// SPDX-License-Identifier: Apache-2.0
// The format that the shader is compiled for.
#if defined(F32)
#include "formats/f32.glsl"
#elif defined(F16)
#include "formats/f16.glsl"
#elif defined(BF16)
#include "formats/bf16.glsl"
#elif defined(Q4_0)
#include "formats/q4_0.glsl"
#elif defined(Q4_1)
#include "formats/q4_1.glsl"
#elif defined(Q5_0)
#include "formats/q5_0.glsl"
#elif defined(Q5_1)
#include "formats/q5_1.glsl"
#elif defined(Q8_0)
#include "formats/q8_0.glsl"
#elif defined(Q2_K)
#include "formats/q2_k.glsl"
#elif defined(Q3_K)
#include "formats/q3_k.glsl"
#elif defined(Q4_K)
#include "formats/q4_k.glsl"
#elif defined(Q5_K)
#include "formats/q5_k.glsl"
#elif defined(Q6_K)
#include "formats/q6_k.glsl"
#elif defined(IQ4_NL)
#include "formats/iq4_nl.glsl"
#elif defined(IQ4_XS)
#include "formats/iq4_xs.glsl"
#endif

#ifdef FLOATS
// Where a row of `cols` elements begins, in halves.
uint RowBegin(uint row, uint cols) { return row * cols * kElementHalves; }

// Elements 16 * group.. of a row of `cols`; zeros behind its end.
void RowGroup(uint row_begin, uint group, uint cols, out float w[16]) {
  const uint first = group * 16u;
  if (cols % 16u == 0u) {
    Elements(row_begin + first * kElementHalves, w);
    return;
  }
  for (uint i = 0u; i < 16u; ++i) {
    w[i] = first + i < cols
               ? Element(row_begin + (first + i) * kElementHalves)
               : 0.0;
  }
}
#else
uint RowBegin(uint row, uint cols) {
  return row * (cols / kBlockElements) * kBlockHalves;
}

void RowQuants(uint row_begin, uint group, out uint q[4], out float scale,
               out float minimum) {
  const uint groups = kBlockElements / 16u;
  Quants(row_begin + group / groups * kBlockHalves, group % groups, q, scale,
         minimum);
}

// The signed number in byte `i` of a group.
float QuantValue(uint q[4], uint i) {
  return float(bitfieldExtract(int(q[i / 4u]), int(8u * (i % 4u)), 8));
}

void RowGroup(uint row_begin, uint group, uint cols, out float w[16]) {
  uint q[4];
  float scale;
  float minimum;
  RowQuants(row_begin, group, q, scale, minimum);
  for (uint i = 0u; i < 16u; ++i) {
    w[i] = fma(scale, QuantValue(q, i), -minimum);
  }
}
#endif
