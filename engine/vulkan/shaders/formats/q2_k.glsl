// SPDX-License-Identifier: Apache-2.0
// 16 bytes, each a scale and a minimum of 16 elements in a nibble; 64 bytes
// with two bits of four elements that are 32 apart, for each half of the block;
// the factors of scales and minima.
#include "../weights.glsl"
const uint kBlockElements = 256u;
const uint kBlockHalves = 42u;

void Quants(uint block, uint group, out uint q[4], out float scale,
            out float minimum) {
  const vec2 factors = unpackHalf2x16(LoadWord(block + 40u));
  const uint packed = LoadByte(block, group);
  scale = factors.x * float(packed & 15u);
  minimum = factors.y * float(packed >> 4);
  const uint quants = block + 8u + 16u * (group / 8u) + 8u * (group & 1u);
  const uint shift = 2u * (group % 8u / 2u);
  for (uint i = 0u; i < 4u; ++i) {
    q[i] = (LoadWord(quants + 2u * i) >> shift) & 0x03030303u;
  }
}
