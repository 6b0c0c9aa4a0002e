// SPDX-License-Identifier: Apache-2.0
#define FLOATS
#include "../weights.glsl"
const uint kElementHalves = 2u;

float Element(uint at) { return uintBitsToFloat(LoadWord(at)); }

void Elements(uint at, out float w[16]) {
  for (uint k = 0u; k < 4u; ++k) {
    const vec4 four = uintBitsToFloat(LoadQuad(at + 8u * k));
    for (uint i = 0u; i < 4u; ++i) w[4u * k + i] = four[i];
  }
}
