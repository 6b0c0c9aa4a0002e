// SPDX-License-Identifier: Apache-2.0
// The formats with blocks of 32 as one translation unit, because Highway's
// headers, read anew for each instruction set, take the compiler longer than
// the kernels of a format. Each file is complete without the others, too.
#define KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quant/unit_32.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "simd/quant/formats_32-inl.h"
