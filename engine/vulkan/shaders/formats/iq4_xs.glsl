// SPDX-License-Identifier: Apache-2.0
// A factor, eight scales of 6 bits (pairs of high ones, then nibbles), then
// eight times 32 nibbles that choose.
#include "../weights.glsl"
const uint kBlockElements = 256u;
const uint kBlockHalves = 68u;
#include "uneven_values.glsl"

void Quants(uint block, uint group, out uint q[4], out float scale,
            out float minimum) {
  const uint part = group / 2u;
  const uvec2 head = LoadPair(block);  // factor and pairs; nibbles
  const uint low = (head.y >> (4u * part)) & 15u;
  const uint high = (head.x >> (16u + 2u * part)) & 3u;
  scale = HalfValue(head.x & 0xffffu) * float(int(low | high << 4) - 32);
  minimum = 0.0;
  for (uint k = 0u; k < 2u; ++k) {
    const uvec2 bits =
        LoadPair(block + 4u + 8u * part + 4u * k) >> (4u * (group & 1u));
    q[2u * k] = UnevenValues(bits.x);
    q[2u * k + 1u] = UnevenValues(bits.y);
  }
}
