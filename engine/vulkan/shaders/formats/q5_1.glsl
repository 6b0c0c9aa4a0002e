// SPDX-License-Identifier: Apache-2.0
// A scale and a minimum, the fifth bits of 32 elements, their nibbles.
#include "../weights.glsl"
const uint kBlockElements = 32u;
const uint kBlockHalves = 12u;

void Quants(uint block, uint group, out uint q[4], out float scale,
            out float minimum) {
  const uvec2 head = LoadPair(block);
  const vec2 factors = unpackHalf2x16(head.x);
  scale = factors.x;
  minimum = -factors.y;
  const uint fifths = head.y >> (16u * group);
  for (uint k = 0u; k < 2u; ++k) {
    const uvec2 bits = LoadPair(block + 4u + 4u * k) >> (4u * group);
    q[2u * k] = (bits.x & 0x0f0f0f0fu) | SpreadBits(fifths >> (8u * k)) << 4;
    q[2u * k + 1u] =
        (bits.y & 0x0f0f0f0fu) | SpreadBits(fifths >> (8u * k + 4u)) << 4;
  }
}
