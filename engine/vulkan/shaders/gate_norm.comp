#version 450
// SPDX-License-Identifier: Apache-2.0
// Mamba's gate, y = y * SiLU(z), and the RMSNorm of each group of a token (a
// workgroup) where the model has one (Mamba-2's mostly have). Source: see
// simd/norm.h.
#include "common.glsl"
#include "reduce.glsl"
layout(local_size_x = 128) in;

layout(push_constant) uniform Parameters {
  Floats y;       // [tokens, groups * size]
  Floats z;       // [tokens], `stride` apart
  Floats weight;  // [groups * size]
  uint size;      // of a group
  uint stride;
  uint has_norm;
  float eps;
};

void main() {
  const uint group = gl_WorkGroupID.x * size;
  const uint y_begin = gl_WorkGroupID.y * gl_NumWorkGroups.x * size + group;
  const uint z_begin = gl_WorkGroupID.y * stride + group;
  float squares = 0.0;
  for (uint i = gl_LocalInvocationID.x; i < size; i += gl_WorkGroupSize.x) {
    const float gate = z.at[z_begin + i];
    const float value = y.at[y_begin + i] * (gate / (1.0 + exp(-gate)));
    y.at[y_begin + i] = value;
    squares = fma(value, value, squares);
  }
  if (has_norm == 0u) return;
  const float factor = 1.0 / sqrt(WorkgroupSum(squares) / float(size) + eps);
  for (uint i = gl_LocalInvocationID.x; i < size; i += gl_WorkGroupSize.x) {
    y.at[y_begin + i] *= factor * weight.at[group + i];
  }
}
