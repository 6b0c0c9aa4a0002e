#version 450
// SPDX-License-Identifier: Apache-2.0
// y[t] = y_scale * y[t] + sum of weight * what each of the token's experts
// gave.
#include "common.glsl"
#include "expert_uses.glsl"
layout(local_size_x = 128) in;

layout(push_constant) uniform Parameters {
  Floats parts;  // [tokens, used, size]
  Uses uses;     // [tokens, used]
  Floats y;      // [tokens, size]
  uint used;
  uint size;
  float y_scale;  // 0: what is in y does not matter
};

void main() {
  const uint i = gl_GlobalInvocationID.x;
  if (i >= size) return;
  const uint token = gl_WorkGroupID.y;
  const uint at = token * size + i;
  float sum = y_scale == 0.0 ? 0.0 : y_scale * y.at[at];
  for (uint u = token * used; u < (token + 1u) * used; ++u) {
    sum = fma(uses.at[u].weight, parts.at[u * size + i], sum);
  }
  y.at[at] = sum;
}
