// SPDX-License-Identifier: Apache-2.0
#define FLOATS
#include "../weights.glsl"
const uint kElementHalves = 1u;

float Element(uint at) { return HalfValue(LoadHalf(at)); }

void Elements(uint at, out float w[16]) {
  for (uint k = 0u; k < 2u; ++k) {
    const uvec4 words = LoadQuad(at + 8u * k);
    for (uint i = 0u; i < 4u; ++i) {
      const vec2 two = unpackHalf2x16(words[i]);
      w[8u * k + 2u * i] = two.x;
      w[8u * k + 2u * i + 1u] = two.y;
    }
  }
}
