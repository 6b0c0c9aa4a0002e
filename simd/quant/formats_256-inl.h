// SPDX-License-Identifier: Apache-2.0
// The formats with blocks of 256. Included once for each instruction set, so
// there is no guard.
#include "simd/quant/iq4_xs.cc"  // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q2_k.cc"    // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q3_k.cc"    // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q4_k.cc"    // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q5_k.cc"    // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q6_k.cc"    // NOLINT(bugprone-suspicious-include)
