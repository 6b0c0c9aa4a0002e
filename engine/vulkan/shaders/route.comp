#version 450
// SPDX-License-Identifier: Apache-2.0
// The `used` experts of a token (an invocation) that have the highest scores,
// of equal ones the first, with the softmax of the chosen scores as weights.
// They come in the order of their scores. A score that is no number comes before
// all others, as on the processor, so that the logits tell of it.
#include "common.glsl"
#include "expert_uses.glsl"
layout(local_size_x = 32) in;

layout(push_constant) uniform Parameters {
  Floats scores;  // [tokens, experts]
  Uses uses;      // [tokens, used]
  uint tokens;
  uint experts;
  uint used;
};

bool IsTaken(uint first, uint taken, uint expert) {
  for (uint i = 0u; i < taken; ++i) {
    if (uses.at[first + i].expert == expert) return true;
  }
  return false;
}

// By its bits: a compiler may take all floats for numbers.
bool IsNumber(float x) {
  return (floatBitsToUint(x) & 0x7fffffffu) <= 0x7f800000u;
}

bool Precedes(float a, float b) {
  return IsNumber(b) && (!IsNumber(a) || a > b);
}

void main() {
  const uint token = gl_GlobalInvocationID.x;
  if (token >= tokens) return;
  const uint first = token * used;
  const uint row = token * experts;
  float highest = 0.0;
  float sum = 0.0;
  for (uint i = 0u; i < used; ++i) {
    uint best = 0u;
    while (IsTaken(first, i, best)) ++best;
    for (uint e = best + 1u; e < experts; ++e) {
      if (Precedes(scores.at[row + e], scores.at[row + best]) &&
          !IsTaken(first, i, e)) {
        best = e;
      }
    }
    if (i == 0u) highest = scores.at[row + best];
    const float weight = exp(scores.at[row + best] - highest);
    uses.at[first + i].expert = best;
    uses.at[first + i].weight = weight;
    sum += weight;
  }
  for (uint i = 0u; i < used; ++i) uses.at[first + i].weight /= sum;
}
