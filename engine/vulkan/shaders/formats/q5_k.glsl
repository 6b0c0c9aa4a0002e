// SPDX-License-Identifier: Apache-2.0
// As Q4_K, with 32 bytes before the nibbles that have the fifth bits: one bit
// for each part.
#include "../weights.glsl"
const uint kBlockElements = 256u;
const uint kBlockHalves = 88u;
#include "six_bit_scales.glsl"

void Quants(uint block, uint group, out uint q[4], out float scale,
            out float minimum) {
  const uint part = group / 2u;
  ScaleAndMinimum(LoadQuad(block), part, scale, minimum);
  const uint half_begin = 8u * (group & 1u);
  const uvec4 nibbles = LoadQuad(block + 24u + 16u * (part / 2u) + half_begin);
  const uvec4 fifths = LoadQuad(block + 8u + half_begin);
  const uvec4 bits = ((nibbles >> (4u * (part & 1u))) & 0x0f0f0f0fu) |
                     ((fifths >> part) & 0x01010101u) << 4;
  q = uint[4](bits.x, bits.y, bits.z, bits.w);
}
