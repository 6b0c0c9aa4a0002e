#version 450
// SPDX-License-Identifier: Apache-2.0
// x[t] = scale * row ids[t] of the embedding; an invocation has a group of 16
// elements.
#include "common.glsl"
layout(local_size_x = 64) in;

#define PARAMETERS  \
  Uints ids;        \
  Floats x;         \
  uint cols;        \
  float scale;
#include "format.glsl"

void main() {
  const uint group = gl_GlobalInvocationID.x;
  if (16u * group >= cols) return;
  const uint token = gl_WorkGroupID.y;
  float w[16];
  RowGroup(RowBegin(ids.at[token], cols), group, cols, w);
  for (uint i = 0u; i < 16u; ++i) {
    const uint col = 16u * group + i;
    if (col < cols) x.at[token * cols + col] = scale * w[i];
  }
}
