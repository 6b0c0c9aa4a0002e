// SPDX-License-Identifier: Apache-2.0
// What the nibbles of IQ4_NL and IQ4_XS choose from (ggml's table).
const int kUnevenValues[16] = int[16](-127, -104, -83, -65, -49, -35, -22, -10,
                                      1, 13, 25, 38, 53, 69, 89, 113);

// What the low nibble of each byte chooses.
uint UnevenValues(uint nibbles) {
  uint values = 0u;
  for (uint b = 0u; b < 4u; ++b) {
    const int value = kUnevenValues[(nibbles >> (8u * b)) & 15u];
    values |= (uint(value) & 0xffu) << (8u * b);
  }
  return values;
}
