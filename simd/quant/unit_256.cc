// SPDX-License-Identifier: Apache-2.0
// The formats with blocks of 256 as one translation unit, because Highway's
// headers, read anew for each instruction set, take the compiler longer than
// the kernels of a format. Each file is complete without the others, too.
#define KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quant/unit_256.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Each is included once for each target, too.
#include "simd/quant/iq4_xs.cc"  // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q2_k.cc"    // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q3_k.cc"    // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q4_k.cc"    // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q5_k.cc"    // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q6_k.cc"    // NOLINT(bugprone-suspicious-include)
