// SPDX-License-Identifier: Apache-2.0
// A scale, the fifth bits of 32 elements, their nibbles.
#include "../weights.glsl"
const uint kBlockElements = 32u;
const uint kBlockHalves = 11u;

void Group(uint block, uint group, out float w[16]) {
  const float scale = HalfValue(LoadHalf(block));
  const uint fifths = LoadWord(block + 1u) >> (16u * group);
  for (uint i = 0u; i < 16u; ++i) {
    const uint nibble = (LoadByte(block + 3u, i) >> (4u * group)) & 15u;
    w[i] = scale * float(int(nibble | ((fifths >> i) & 1u) << 4) - 16);
  }
}
