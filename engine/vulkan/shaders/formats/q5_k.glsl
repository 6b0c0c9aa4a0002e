// SPDX-License-Identifier: Apache-2.0
// As Q4_K, with 32 bytes before the nibbles that have the fifth bits: one bit
// for each part.
#define WORDS
#include "../weights.glsl"
const uint kBlockElements = 256u;
const uint kBlockHalves = 88u;
#include "six_bit_scales.glsl"

void Group(uint block, uint group, out float w[16]) {
  const uint part = group / 2u;
  const vec2 scale = ScaleAndMinimum(block, part);
  const uint half_begin = 8u * (group & 1u);
  const uint quants = block + 24u + 16u * (part / 2u) + half_begin;
  const uint shift = 4u * (part & 1u);
  for (uint i = 0u; i < 4u; ++i) {
    const uint bits = LoadWord(quants + 2u * i) >> shift;
    const uint fifths = LoadWord(block + 8u + half_begin + 2u * i) >> part;
    for (uint b = 0u; b < 4u; ++b) {
      const uint quant = (ByteOf(bits, b) & 15u) | (ByteOf(fifths, b) & 1u) << 4;
      w[4u * i + b] = scale.x * float(quant) - scale.y;
    }
  }
}
