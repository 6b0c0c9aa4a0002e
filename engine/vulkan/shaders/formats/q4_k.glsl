// SPDX-License-Identifier: Apache-2.0
// Factors and eight scales and minima, then 128 bytes: of each 32 the low
// nibbles are a part, the high ones the next.
#define WORDS
#include "../weights.glsl"
const uint kBlockElements = 256u;
const uint kBlockHalves = 72u;
#include "six_bit_scales.glsl"

void Group(uint block, uint group, out float w[16]) {
  const uint part = group / 2u;
  const vec2 scale = ScaleAndMinimum(block, part);
  const uint quants = block + 8u + 16u * (part / 2u) + 8u * (group & 1u);
  const uint shift = 4u * (part & 1u);
  for (uint i = 0u; i < 4u; ++i) {
    const uint bits = LoadWord(quants + 2u * i) >> shift;
    for (uint b = 0u; b < 4u; ++b) {
      w[4u * i + b] = scale.x * float(ByteOf(bits, b) & 15u) - scale.y;
    }
  }
}
