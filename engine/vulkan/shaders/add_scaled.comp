#version 450
// SPDX-License-Identifier: Apache-2.0
// y = y_scale * y + x_scale * x
#include "common.glsl"
layout(local_size_x = 128) in;

layout(push_constant) uniform Parameters {
  Floats x;
  Floats y;
  uint size;
  float x_scale;
  float y_scale;
};

void main() {
  const uint stride = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
  for (uint i = gl_GlobalInvocationID.x; i < size; i += stride) {
    y.at[i] = fma(x_scale, x.at[i], y_scale * y.at[i]);
  }
}
