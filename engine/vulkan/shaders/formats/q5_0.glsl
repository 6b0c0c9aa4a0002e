// SPDX-License-Identifier: Apache-2.0
// A scale, the fifth bits of 32 elements, their nibbles.
#include "../weights.glsl"
const uint kBlockElements = 32u;
const uint kBlockHalves = 11u;

void Quants(uint block, uint group, out uint q[4], out float scale,
            out float minimum) {
  scale = HalfValue(LoadHalf(block));
  minimum = 16.0 * scale;
  const uint fifths = LoadHalf(block + 1u + group);
  LoadWords(block + 3u, q);
  for (uint i = 0u; i < 4u; ++i) {
    q[i] = ((q[i] >> (4u * group)) & 0x0f0f0f0fu) |
           SpreadBits(fifths >> (4u * i)) << 4;
  }
}
