// SPDX-License-Identifier: Apache-2.0
// Factors and eight scales and minima, then 128 bytes: of each 32 the low
// nibbles are a part, the high ones the next.
#include "../weights.glsl"
const uint kBlockElements = 256u;
const uint kBlockHalves = 72u;
#include "six_bit_scales.glsl"

void Quants(uint block, uint group, out uint q[4], out float scale,
            out float minimum) {
  const uint part = group / 2u;
  ScaleAndMinimum(LoadQuad(block), part, scale, minimum);
  const uint quants = block + 8u + 16u * (part / 2u) + 8u * (group & 1u);
  const uvec4 bits = (LoadQuad(quants) >> (4u * (part & 1u))) & 0x0f0f0f0fu;
  q = uint[4](bits.x, bits.y, bits.z, bits.w);
}
