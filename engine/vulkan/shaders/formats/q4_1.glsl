// SPDX-License-Identifier: Apache-2.0
// A scale and a minimum, then 32 nibbles.
#include "../weights.glsl"
const uint kBlockElements = 32u;
const uint kBlockHalves = 10u;

void Quants(uint block, uint group, out uint q[4], out float scale,
            out float minimum) {
  const vec2 factors = unpackHalf2x16(LoadWord(block));
  scale = factors.x;
  minimum = -factors.y;
  for (uint i = 0u; i < 4u; ++i) {
    q[i] = (LoadWord(block + 2u + 2u * i) >> (4u * group)) & 0x0f0f0f0fu;
  }
}
