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

void Group(uint block, uint group, out float w[16]) {
  const float scale = Scale(block, group);
  const uint half_begin = 8u * (group & 1u);
  const uint quants = block + 16u + 16u * (group / 8u) + half_begin;
  const uint shift = 2u * (group % 8u / 2u);
  for (uint i = 0u; i < 16u; ++i) {
    const uint low = (LoadByte(quants, i) >> shift) & 3u;
    const uint third = (LoadByte(block + half_begin, i) >> (group / 2u)) & 1u;
    w[i] = scale * float(int(low) - (third == 0u ? 4 : 0));
  }
}
