#version 450
// SPDX-License-Identifier: Apache-2.0
// x[t, i] *= scales[i]
#include "common.glsl"
layout(local_size_x = 64) in;

layout(push_constant) uniform Parameters {
  Floats x;       // [tokens, size]
  Floats scales;  // [size]
  uint size;
};

void main() {
  const uint i = gl_GlobalInvocationID.x;
  if (i < size) x.at[gl_WorkGroupID.y * size + i] *= scales.at[i];
}
