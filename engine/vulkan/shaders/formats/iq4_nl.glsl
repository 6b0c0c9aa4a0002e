// SPDX-License-Identifier: Apache-2.0
// A scale, then 32 nibbles that choose.
#include "../weights.glsl"
const uint kBlockElements = 32u;
const uint kBlockHalves = 9u;
#include "uneven_values.glsl"

void Quants(uint block, uint group, out uint q[4], out float scale,
            out float minimum) {
  scale = HalfValue(LoadHalf(block));
  minimum = 0.0;
  LoadWords(block + 1u, q);
  for (uint i = 0u; i < 4u; ++i) q[i] = UnevenValues(q[i] >> (4u * group));
}
