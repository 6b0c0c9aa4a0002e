// SPDX-License-Identifier: Apache-2.0
// A scale, then 32 nibbles: the low ones of 16 bytes, then the high ones.
#include "../weights.glsl"
const uint kBlockElements = 32u;
const uint kBlockHalves = 9u;

void Quants(uint block, uint group, out uint q[4], out float scale,
            out float minimum) {
  scale = HalfValue(LoadHalf(block));
  minimum = 8.0 * scale;
  LoadWords(block + 1u, q);
  for (uint i = 0u; i < 4u; ++i) q[i] = (q[i] >> (4u * group)) & 0x0f0f0f0fu;
}
