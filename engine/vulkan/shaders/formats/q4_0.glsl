// SPDX-License-Identifier: Apache-2.0
// A scale, then 32 nibbles: the low ones of 16 bytes, then the high ones.
#include "../weights.glsl"
const uint kBlockElements = 32u;
const uint kBlockHalves = 9u;

void Group(uint block, uint group, out float w[16]) {
  const float scale = HalfValue(LoadHalf(block));
  for (uint i = 0u; i < 8u; ++i) {
    const uint bits = LoadHalf(block + 1u + i) >> (4u * group);
    w[2u * i] = scale * float(int(bits & 15u) - 8);
    w[2u * i + 1u] = scale * float(int((bits >> 8) & 15u) - 8);
  }
}
