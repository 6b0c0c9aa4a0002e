// SPDX-License-Identifier: Apache-2.0
// The scale and minimum of part `part` (32 elements) of a block of Q4_K or
// Q5_K, of which `head` is what it begins with: factors, then 12 bytes with
// eight numbers of 6 bits each. Of the first four all bits are in one byte; the
// others have their nibbles in the last four bytes, their high pairs on top of
// the first four's.
void ScaleAndMinimum(uvec4 head, uint part, out float scale,
                     out float minimum) {
  const vec2 factors = unpackHalf2x16(head.x);
  const uint shift = 8u * (part & 3u);
  const uint first = head.y >> shift;
  const uint second = head.z >> shift;
  const uint last = head.w >> shift;
  const bool whole = part < 4u;
  const uint of_scale =
      whole ? first & 63u : (last & 15u) | ((first >> 6) & 3u) << 4;
  const uint of_minimum =
      whole ? second & 63u : ((last >> 4) & 15u) | ((second >> 6) & 3u) << 4;
  scale = factors.x * float(of_scale);
  minimum = factors.y * float(of_minimum);
}
