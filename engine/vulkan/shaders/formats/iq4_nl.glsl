// SPDX-License-Identifier: Apache-2.0
// A scale, then 32 nibbles that choose.
#include "../weights.glsl"
const uint kBlockElements = 32u;
const uint kBlockHalves = 9u;
#include "uneven_values.glsl"

void Group(uint block, uint group, out float w[16]) {
  const float scale = HalfValue(LoadHalf(block));
  for (uint i = 0u; i < 8u; ++i) {
    const uint bits = LoadHalf(block + 1u + i) >> (4u * group);
    w[2u * i] = scale * float(kUnevenValues[bits & 15u]);
    w[2u * i + 1u] = scale * float(kUnevenValues[(bits >> 8) & 15u]);
  }
}
