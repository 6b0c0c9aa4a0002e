// SPDX-License-Identifier: Apache-2.0
#define FLOATS
#include "../weights.glsl"
const uint kElementHalves = 1u;

float Element(uint at) { return uintBitsToFloat(LoadHalf(at) << 16); }

void Elements(uint at, out float w[16]) {
  for (uint k = 0u; k < 2u; ++k) {
    const uvec4 words = LoadQuad(at + 8u * k);
    for (uint i = 0u; i < 4u; ++i) {
      w[8u * k + 2u * i] = uintBitsToFloat(words[i] << 16);
      w[8u * k + 2u * i + 1u] = uintBitsToFloat(words[i] & 0xffff0000u);
    }
  }
}
