#version 450
// SPDX-License-Identifier: Apache-2.0
// Reads memory as fast as the device does: what a decode is bound by.
#include "common.glsl"
layout(local_size_x = 256) in;

layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer
    Quads {
  uvec4 at[];
};

layout(push_constant) uniform Parameters {
  Quads data;
  Floats found;
  uint count;  // of data
};

void main() {
  const uint stride = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
  uvec4 all = uvec4(0u);
  for (uint i = gl_GlobalInvocationID.x; i < count; i += stride) {
    all |= data.at[i];
  }
  // It is all zeros, which nobody but who wrote them knows.
  if (all != uvec4(0u)) found.at[0] = 1.0;
}
