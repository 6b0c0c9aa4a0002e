// SPDX-License-Identifier: Apache-2.0
// A scale, then 32 signed bytes.
#include "../weights.glsl"
const uint kBlockElements = 32u;
const uint kBlockHalves = 17u;

void Group(uint block, uint group, out float w[16]) {
  const float scale = HalfValue(LoadHalf(block));
  for (uint i = 0u; i < 8u; ++i) {
    const uint bits = LoadHalf(block + 1u + 8u * group + i);
    w[2u * i] = scale * float(SignedByte(bits));
    w[2u * i + 1u] = scale * float(SignedByte(bits >> 8));
  }
}
