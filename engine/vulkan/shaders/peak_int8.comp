#version 450
// SPDX-License-Identifier: Apache-2.0
// The same as peak_plain.comp for dot products of four bytes.
#include "common.glsl"
#include "dot_of_bytes.glsl"
layout(local_size_x = 128) in;

layout(push_constant) uniform Parameters {
  Floats result;
  uint rounds;
};

void main() {
  int sums[16];
  for (uint k = 0u; k < 16u; ++k) {
    sums[k] = int(gl_LocalInvocationIndex * 16u + k);
  }
  for (uint i = 0u; i < rounds; ++i) {
    [[unroll]] for (uint k = 0u; k < 16u; ++k) {
      sums[k] += DotOfBytes(uint(sums[k]), 0x01020304u + i, 0);
    }
  }
  int all = 0;
  for (uint k = 0u; k < 16u; ++k) all ^= sums[k];
  result.at[gl_LocalInvocationIndex] = float(all);
}
