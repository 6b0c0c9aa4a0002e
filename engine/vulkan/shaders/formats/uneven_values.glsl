// SPDX-License-Identifier: Apache-2.0
// What the nibbles of IQ4_NL and IQ4_XS choose from (ggml's table).
const int kUnevenValues[16] = int[16](-127, -104, -83, -65, -49, -35, -22, -10,
                                      1, 13, 25, 38, 53, 69, 89, 113);
