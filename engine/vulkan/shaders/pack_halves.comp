#version 450
// SPDX-License-Identifier: Apache-2.0
// Inputs of products with cooperative matrices: a token's (a workgroup's) as
// binary16, times a power of two that takes the largest to between 2^12 and
// 2^13: whatever their magnitude, none overflows, and those within 2^26 of the
// largest keep all bits of binary16.
#include "common.glsl"
#include "reduce.glsl"
layout(local_size_x = 128) in;

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Words {
  uint at[];
};

layout(push_constant) uniform Parameters {
  Floats x;         // [tokens], x_stride apart: cols
  Words packed;     // [tokens, packed_cols / 2], zeros behind a row's end
  Floats unscales;  // [tokens], by which a product is to be multiplied
  uint cols;
  uint x_stride;
  uint packed_cols;  // even
};

float PowerOfTwo(int exponent) {
  return uintBitsToFloat(uint(clamp(exponent, -126, 127) + 127) << 23);
}

void main() {
  const uint token = gl_WorkGroupID.x;
  const uint x_begin = token * x_stride;
  float largest = 0.0;
  for (uint i = gl_LocalInvocationID.x; i < cols; i += gl_WorkGroupSize.x) {
    largest = max(largest, abs(x.at[x_begin + i]));
  }
  largest = WorkgroupMax(largest);
  const int exponent = int((floatBitsToUint(largest) >> 23) & 0xffu) - 127;
  const int shift = clamp(12 - exponent, -126, 126);
  const float scale = PowerOfTwo(shift);
  const uint words = packed_cols / 2u;
  for (uint i = gl_LocalInvocationID.x; i < words; i += gl_WorkGroupSize.x) {
    vec2 two = vec2(0.0);
    if (2u * i < cols) two.x = scale * x.at[x_begin + 2u * i];
    if (2u * i + 1u < cols) two.y = scale * x.at[x_begin + 2u * i + 1u];
    packed.at[token * words + i] = packHalf2x16(two);
  }
  if (gl_LocalInvocationID.x == 0u) unscales.at[token] = PowerOfTwo(-shift);
}
