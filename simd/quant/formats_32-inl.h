// SPDX-License-Identifier: Apache-2.0
// The formats with blocks of 32. Included once for each instruction set, so
// there is no guard.
#include "simd/quant/iq4_nl.cc"  // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q4_0.cc"    // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q4_1.cc"    // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q5_0.cc"    // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q5_1.cc"    // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q8_0.cc"    // NOLINT(bugprone-suspicious-include)
