// SPDX-License-Identifier: Apache-2.0
// The scale and minimum of part `part` (32 elements) of a block of Q4_K or
// Q5_K: factors, then 12 bytes with eight numbers of 6 bits each. Of the first
// four all bits are in one byte; the others have their nibbles in the last four
// bytes, their high pairs on top of the first four's.
vec2 ScaleAndMinimum(uint block, uint part) {
  const vec2 factors = unpackHalf2x16(LoadWord(block));
  const uint first = LoadByte(block + 2u, part);
  const uint second = LoadByte(block + 2u, part + 4u);
  if (part < 4u) return factors * vec2(first & 63u, second & 63u);
  const uint before = LoadByte(block + 2u, part - 4u);
  return factors * vec2((second & 15u) | (before >> 6) << 4,
                        (second >> 4) | (first >> 6) << 4);
}
