#version 450
// SPDX-License-Identifier: Apache-2.0
// Inputs of products in integers, as the processor has them (simd/activations.h):
// blocks of 32 (an invocation), each a scale and signed bytes. Of each 16, what
// matmul_int8.comp multiplies products of bytes and minima with: the scale, and
// the scale times the bytes' sum.
#include "common.glsl"
layout(local_size_x = 64) in;

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Words {
  uint at[];
};
layout(buffer_reference, std430, buffer_reference_align = 8) buffer Factors {
  vec2 at[];
};

layout(push_constant) uniform Parameters {
  Floats x;         // [tokens], x_stride apart: cols
  Words packed;     // [tokens, cols / 4]
  Factors factors;  // [tokens, cols / 16]
  uint cols;        // a multiple of 32
  uint x_stride;
};

void main() {
  const uint block = gl_GlobalInvocationID.x;
  if (32u * block >= cols) return;
  const uint token = gl_WorkGroupID.y;
  const uint x_begin = token * x_stride + 32u * block;
  float largest = 0.0;
  for (uint i = 0u; i < 32u; ++i) {
    largest = max(largest, abs(x.at[x_begin + i]));
  }
  const float scale = largest / 127.0;
  const float inverse = largest == 0.0 ? 0.0 : 127.0 / largest;
  for (uint group = 0u; group < 2u; ++group) {
    int sum = 0;
    for (uint k = 0u; k < 4u; ++k) {
      uint word = 0u;
      for (uint b = 0u; b < 4u; ++b) {
        const float value = x.at[x_begin + 16u * group + 4u * k + b];
        const int quant = clamp(int(roundEven(inverse * value)), -127, 127);
        sum += quant;
        word |= (uint(quant) & 0xffu) << (8u * b);
      }
      packed.at[token * (cols / 4u) + 8u * block + 4u * group + k] = word;
    }
    factors.at[token * (cols / 16u) + 2u * block + group] =
        vec2(scale, scale * float(sum));
  }
}
