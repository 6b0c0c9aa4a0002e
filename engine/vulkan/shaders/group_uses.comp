#version 450
// SPDX-License-Identifier: Apache-2.0
// Lists the uses of each expert (an invocation has every 64th), one expert's
// behind the other's, in their order.
#include "common.glsl"
#include "expert_uses.glsl"
layout(local_size_x = 64) in;

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Words {
  uint at[];
};

layout(push_constant) uniform Parameters {
  Uses uses;     // [count]
  Words order;   // [count], numbers of uses
  Words begins;  // [experts + 1], where an expert's begin in `order`
  uint count;
  uint experts;
};

void main() {
  for (uint expert = gl_LocalInvocationID.x; expert <= experts;
       expert += gl_WorkGroupSize.x) {
    uint begin = 0u;
    for (uint u = 0u; u < count; ++u) {
      if (uses.at[u].expert < expert) ++begin;
    }
    begins.at[expert] = begin;
    for (uint u = 0u; u < count; ++u) {
      if (uses.at[u].expert == expert) order.at[begin++] = u;
    }
  }
}
