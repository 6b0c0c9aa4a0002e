#version 450
// SPDX-License-Identifier: Apache-2.0
// Multiplies and adds in registers, as fast as the device does in float32.
#include "common.glsl"
layout(local_size_x = 128) in;

layout(push_constant) uniform Parameters {
  Floats result;
  uint rounds;
};

void main() {
  const float x = float(gl_LocalInvocationIndex) * 1e-6;
  vec4 sums[4] = vec4[4](vec4(x), vec4(x + 1.0), vec4(x + 2.0), vec4(x + 3.0));
  for (uint i = 0u; i < rounds; ++i) {
    [[unroll]] for (uint k = 0u; k < 4u; ++k) {
      sums[k] = fma(sums[k], vec4(0.999), vec4(x));
    }
  }
  const vec4 all = sums[0] + sums[1] + sums[2] + sums[3];
  result.at[gl_LocalInvocationIndex] = all.x + all.y + all.z + all.w;
}
