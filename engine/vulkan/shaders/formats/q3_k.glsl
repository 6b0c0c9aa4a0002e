// SPDX-License-Identifier: Apache-2.0
// The third bits of 256 elements, 32 apart in a byte; 64 bytes of pairs of
// bits, as in Q2_K; 16 scales of 6 bits, in nibbles and pairs; their factor.
#include "../weights.glsl"
const uint kBlockElements = 256u;
const uint kBlockHalves = 55u;

float Scale(uint block, uint group) {
  const uint low = (LoadByte(block + 48u, group % 8u) >> (4u * (group / 8u))) & 15u;
  const uint high =
      (LoadByte(block + 48u, 8u + group % 4u) >> (2u * (group / 4u))) & 3u;
  return HalfValue(LoadHalf(block + 54u)) * float(int(low | high << 4) - 32);
}

void Quants(uint block, uint group, out uint q[4], out float scale,
            out float minimum) {
  scale = Scale(block, group);
  minimum = 4.0 * scale;
  const uint half_begin = 8u * (group & 1u);
  uint thirds[4];
  LoadWords(block + half_begin, thirds);
  LoadWords(block + 16u + 16u * (group / 8u) + half_begin, q);
  const uint shift = 2u * (group % 8u / 2u);
  for (uint i = 0u; i < 4u; ++i) {
    q[i] = ((q[i] >> shift) & 0x03030303u) |
           ((thirds[i] >> (group / 2u)) & 0x01010101u) << 2;
  }
}
