// SPDX-License-Identifier: Apache-2.0
// 128 bytes of nibbles, 64 of pairs of bits, 16 signed scales, their factor.
// Of each half of the block, 64 bytes have the nibbles of four times 32
// elements, low ones of the first 64 and high ones of the others; 32 bytes have
// a pair of bits of each of the four.
#include "../weights.glsl"
const uint kBlockElements = 256u;
const uint kBlockHalves = 105u;

void Quants(uint block, uint group, out uint q[4], out float scale,
            out float minimum) {
  scale = HalfValue(LoadHalf(block + 104u)) *
          float(bitfieldExtract(int(LoadByte(block + 96u, group)), 0, 8));
  minimum = 32.0 * scale;
  const uint quarter = group % 8u / 2u;
  const uint half_begin = 8u * (group & 1u);
  uint highs[4];
  LoadWords(block + 64u + 16u * (group / 8u) + half_begin, highs);
  LoadWords(block + 32u * (group / 8u) + 16u * (quarter & 1u) + half_begin, q);
  for (uint i = 0u; i < 4u; ++i) {
    q[i] = ((q[i] >> (4u * (quarter / 2u))) & 0x0f0f0f0fu) |
           ((highs[i] >> (2u * quarter)) & 0x03030303u) << 4;
  }
}
