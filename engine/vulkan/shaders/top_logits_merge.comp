#version 450
// SPDX-License-Identifier: Apache-2.0
// Makes one list of those of a row's slices: see top_logits.glsl. A workgroup
// has a row, each of its invocations the list of a slice. Of this one, x is a
// logit's bits.
#include "common.glsl"
#include "reduce.glsl"
#include "top_logits.glsl"
layout(local_size_x = 128) in;

layout(push_constant) uniform Parameters {
  Lists lists;   // [rows, slices, 1 + count]
  Lists merged;  // [rows, 1 + count]
  uint slices;   // no more than invocations
  uint count;
};

void main() {
  const bool has_list = gl_LocalInvocationID.x < slices;
  const uint list =
      (gl_WorkGroupID.x * slices + gl_LocalInvocationID.x) * (1u + count);
  const uint to = gl_WorkGroupID.x * (1u + count);
  const bool writes = gl_LocalInvocationID.x == 0u;
  uint place = 0u;  // in the list
  uvec2 offered = kNone;
  if (has_list) offered = lists.at[list + 1u];
  for (uint i = 0u; i < count; ++i) {
    const uvec2 next = WorkgroupFirst(offered);
    if (i == 0u) {
      const float largest = uintBitsToFloat(BitsOf(next.x));
      const float own = uintBitsToFloat(BitsOf(offered.x));
      float sum = 0.0;
      if (BitsOf(offered.x) != kMinusInfinity) {
        sum = uintBitsToFloat(lists.at[list].x) * exp(own - largest);
      }
      sum = WorkgroupSum(sum);
      if (writes) merged.at[to] = uvec2(floatBitsToUint(sum), 0u);
    }
    if (writes) merged.at[to + 1u + i] = uvec2(BitsOf(next.x), next.y);
    if (next.x != 0u && offered == next) {
      ++place;
      offered = place < count ? lists.at[list + 1u + place] : kNone;
    }
  }
}
