#version 450
// SPDX-License-Identifier: Apache-2.0
// y = scale * x / sqrt(mean(x^2) + eps) * weight; a workgroup has a token.
#include "common.glsl"
#include "reduce.glsl"
layout(local_size_x = 128) in;

layout(push_constant) uniform Parameters {
  Floats x;
  Floats weight;
  Floats y;
  uint size;
  float eps;
  float scale;
};

void main() {
  const uint begin = gl_WorkGroupID.x * size;
  float squares = 0.0;
  for (uint i = gl_LocalInvocationID.x; i < size; i += gl_WorkGroupSize.x) {
    const float value = x.at[begin + i];
    squares = fma(value, value, squares);
  }
  const float mean = WorkgroupSum(squares) / float(size);
  const float factor = scale / sqrt(mean + eps);
  for (uint i = gl_LocalInvocationID.x; i < size; i += gl_WorkGroupSize.x) {
    y.at[begin + i] = x.at[begin + i] * factor * weight.at[i];
  }
}
