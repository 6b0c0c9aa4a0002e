// SPDX-License-Identifier: Apache-2.0
// 128 bytes of nibbles, 64 of pairs of bits, 16 signed scales, their factor.
// Of each half of the block, 64 bytes have the nibbles of four times 32
// elements, low ones of the first 64 and high ones of the others; 32 bytes have
// a pair of bits of each of the four.
#include "../weights.glsl"
const uint kBlockElements = 256u;
const uint kBlockHalves = 105u;

void Group(uint block, uint group, out float w[16]) {
  const float scale = HalfValue(LoadHalf(block + 104u)) *
                      float(SignedByte(LoadByte(block + 96u, group)));
  const uint quarter = group % 8u / 2u;
  const uint half_begin = 8u * (group & 1u);
  const uint lows =
      block + 32u * (group / 8u) + 16u * (quarter & 1u) + half_begin;
  const uint highs = block + 64u + 16u * (group / 8u) + half_begin;
  for (uint i = 0u; i < 8u; ++i) {
    const uint low = LoadHalf(lows + i) >> (4u * (quarter / 2u));
    const uint high = LoadHalf(highs + i) >> (2u * quarter);
    w[2u * i] = scale * float(int((low & 15u) | (high & 3u) << 4) - 32);
    w[2u * i + 1u] =
        scale * float(int(((low >> 8) & 15u) | ((high >> 8) & 3u) << 4) - 32);
  }
}
