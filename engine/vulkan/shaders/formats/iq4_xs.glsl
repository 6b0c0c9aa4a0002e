// SPDX-License-Identifier: Apache-2.0
// A factor, eight scales of 6 bits (pairs of high ones, then nibbles), then
// eight times 32 nibbles that choose.
#define WORDS
#include "../weights.glsl"
const uint kBlockElements = 256u;
const uint kBlockHalves = 68u;
#include "uneven_values.glsl"

void Group(uint block, uint group, out float w[16]) {
  const uint part = group / 2u;
  const uint low = (LoadByte(block + 2u, part / 2u) >> (4u * (part & 1u))) & 15u;
  const uint high = (LoadHalf(block + 1u) >> (2u * part)) & 3u;
  const float scale =
      HalfValue(LoadHalf(block)) * float(int(low | high << 4) - 32);
  for (uint i = 0u; i < 4u; ++i) {
    const uint bits =
        LoadWord(block + 4u + 8u * part + 2u * i) >> (4u * (group & 1u));
    for (uint b = 0u; b < 4u; ++b) {
      w[4u * i + b] = scale * float(kUnevenValues[ByteOf(bits, b) & 15u]);
    }
  }
}
