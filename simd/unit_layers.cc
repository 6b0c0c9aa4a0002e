// SPDX-License-Identifier: Apache-2.0
// The kernels of a model's layers as one translation unit, because Highway's
// headers, read anew for each instruction set, take the compiler several times
// as long as the kernels of a file: 53 s for these together, 360 s for each
// alone (GCC 12, Xeon 2.5 GHz). Each file is complete without the others, too.
#define KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/unit_layers.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Each is included once for each target, too.
#include "simd/attention.cc"       // NOLINT(bugprone-suspicious-include)
#include "simd/attention_tile.cc"  // NOLINT(bugprone-suspicious-include)
#include "simd/conv1d.cc"          // NOLINT(bugprone-suspicious-include)
#include "simd/elementwise.cc"     // NOLINT(bugprone-suspicious-include)
#include "simd/norm.cc"            // NOLINT(bugprone-suspicious-include)
#include "simd/rope.cc"            // NOLINT(bugprone-suspicious-include)
#include "simd/selective_scan.cc"  // NOLINT(bugprone-suspicious-include)
#include "simd/ssd_chunk.cc"       // NOLINT(bugprone-suspicious-include)
#include "simd/ssm.cc"             // NOLINT(bugprone-suspicious-include)
#include "simd/targets.cc"         // NOLINT(bugprone-suspicious-include)
