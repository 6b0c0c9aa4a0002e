// SPDX-License-Identifier: Apache-2.0
// 16 bytes, each a scale and a minimum of 16 elements in a nibble; 64 bytes
// with two bits of four elements that are 32 apart, for each half of the block;
// the factors of scales and minima.
#define WORDS
#include "../weights.glsl"
const uint kBlockElements = 256u;
const uint kBlockHalves = 42u;

void Group(uint block, uint group, out float w[16]) {
  const vec2 factors = unpackHalf2x16(LoadWord(block + 40u));
  const uint packed = LoadByte(block, group);
  const float scale = factors.x * float(packed & 15u);
  const float minimum = factors.y * float(packed >> 4);
  const uint quants = block + 8u + 16u * (group / 8u) + 8u * (group & 1u);
  const uint shift = 2u * (group % 8u / 2u);
  for (uint i = 0u; i < 16u; ++i) {
    const uint byte = ByteOf(LoadWord(quants + 2u * (i / 4u)), i % 4u);
    w[i] = scale * float((byte >> shift) & 3u) - minimum;
  }
}
