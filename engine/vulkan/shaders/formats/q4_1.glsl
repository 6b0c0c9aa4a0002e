// SPDX-License-Identifier: Apache-2.0
// A scale and a minimum, then 32 nibbles.
#define WORDS
#include "../weights.glsl"
const uint kBlockElements = 32u;
const uint kBlockHalves = 10u;

void Group(uint block, uint group, out float w[16]) {
  const vec2 scale = unpackHalf2x16(LoadWord(block));
  for (uint i = 0u; i < 4u; ++i) {
    const uint bits = LoadWord(block + 2u + 2u * i) >> (4u * group);
    for (uint b = 0u; b < 4u; ++b) {
      w[4u * i + b] = scale.x * float(ByteOf(bits, b) & 15u) + scale.y;
    }
  }
}
