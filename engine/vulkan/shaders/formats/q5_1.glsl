// SPDX-License-Identifier: Apache-2.0
// A scale and a minimum, the fifth bits of 32 elements, their nibbles.
#define WORDS
#include "../weights.glsl"
const uint kBlockElements = 32u;
const uint kBlockHalves = 12u;

void Group(uint block, uint group, out float w[16]) {
  const vec2 scale = unpackHalf2x16(LoadWord(block));
  const uint fifths = LoadWord(block + 2u) >> (16u * group);
  for (uint i = 0u; i < 16u; ++i) {
    const uint word = LoadWord(block + 4u + 2u * (i / 4u));
    const uint nibble = (ByteOf(word, i % 4u) >> (4u * group)) & 15u;
    w[i] = scale.x * float(nibble | ((fifths >> i) & 1u) << 4) + scale.y;
  }
}
