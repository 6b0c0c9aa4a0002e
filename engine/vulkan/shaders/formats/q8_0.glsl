// SPDX-License-Identifier: Apache-2.0
// A scale, then 32 signed bytes.
#include "../weights.glsl"
const uint kBlockElements = 32u;
const uint kBlockHalves = 17u;

void Quants(uint block, uint group, out uint q[4], out float scale,
            out float minimum) {
  scale = HalfValue(LoadHalf(block));
  minimum = 0.0;
  LoadWords(block + 1u + 8u * group, q);
}
