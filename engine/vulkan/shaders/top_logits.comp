#version 450
// SPDX-License-Identifier: Apache-2.0
// Lists the largest logits of a slice (a workgroup) of a row: see
// top_logits.glsl. Each invocation offers the first of its own that is not
// listed yet; whose it was looks for its next.
#include "common.glsl"
#include "reduce.glsl"
#include "top_logits.glsl"
layout(local_size_x = 128) in;

layout(push_constant) uniform Parameters {
  Uints logits;  // [rows, vocab], their bits
  Lists lists;   // [rows, slices, 1 + count]
  uint vocab;
  uint slice;  // logits of each
  uint count;
};

// The first of this invocation's logits, ids first.., that comes after `last`.
uvec2 NextAfter(uvec2 last, uint row, uint first, uint end) {
  uvec2 next = kNone;
  for (uint id = first; id < end; id += gl_WorkGroupSize.x) {
    const uvec2 entry = uvec2(KeyOf(logits.at[row + id]), id);
    if (Precedes(last, entry) && Precedes(entry, next)) next = entry;
  }
  return next;
}

float SumOfExponentials(float largest, uint row, uint first, uint end) {
  float sum = 0.0;
  for (uint id = first; id < end; id += gl_WorkGroupSize.x) {
    const uint bits = logits.at[row + id];
    if (bits != kMinusInfinity) sum += exp(uintBitsToFloat(bits) - largest);
  }
  return WorkgroupSum(sum);
}

void main() {
  const uint row = gl_WorkGroupID.y * vocab;
  const uint list =
      (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * (1u + count);
  const uint begin = gl_WorkGroupID.x * slice;
  const uint end = min(begin + slice, vocab);
  const uint first = begin + gl_LocalInvocationID.x;
  const bool writes = gl_LocalInvocationID.x == 0u;
  uvec2 offered = NextAfter(kBeforeAll, row, first, end);
  for (uint i = 0u; i < count; ++i) {
    const uvec2 next = WorkgroupFirst(offered);
    if (i == 0u) {
      const float largest = uintBitsToFloat(BitsOf(next.x));
      const float sum = SumOfExponentials(largest, row, first, end);
      if (writes) lists.at[list] = uvec2(floatBitsToUint(sum), 0u);
    }
    if (writes) lists.at[list + 1u + i] = next;
    if (next.x != 0u && offered == next) {
      offered = NextAfter(next, row, first, end);
    }
  }
}
