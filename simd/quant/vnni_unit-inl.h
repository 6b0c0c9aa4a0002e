// SPDX-License-Identifier: Apache-2.0
// A variant of vnni.h as a translation unit of its own: the sources of the
// quantised products once more, for one target of Highway's and VNNI. Whoever
// includes this has defined:
//
//   KRAIT_VNNI_VARIANT     the VnniVariant to be defined here
//   KRAIT_VNNI_NAME        its name
//   KRAIT_VNNI_BASE        its base
//   KRAIT_VNNI_TARGET_STR  the instruction sets, as compilers call them: the
//                          base's and VNNI
//   KRAIT_VNNI_DOT_256     the intrinsic of the dot product,
//   KRAIT_VNNI_DOT_512     and the wide one, if the base has it
//
// The instruction sets are switched on for functions, as Highway does, not by
// options for the file: with these the linker might take this unit's copy of an
// inline function for all others', and a CPU without VNNI would run it.

#include "hwy/detect_targets.h"
// As hwy/foreach_target.h does for each of its targets.
#undef HWY_ONCE
#define HWY_ONCE 0
#undef HWY_TARGET
#define HWY_TARGET KRAIT_VNNI_BASE
#include "hwy/highway.h"
// Highway's functions are behind us. They may be inlined into ours, which can
// do more than they.
#undef HWY_TARGET_STR
#define HWY_TARGET_STR KRAIT_VNNI_TARGET_STR

#define KRAIT_SIMD_UNIT
#include "simd/quant/iq4_nl.cc"       // NOLINT(bugprone-suspicious-include)
#include "simd/quant/iq4_xs.cc"       // NOLINT(bugprone-suspicious-include)
#include "simd/quant/matmul_int8.cc"  // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q2_k.cc"         // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q3_k.cc"         // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q4_0.cc"         // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q4_1.cc"         // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q4_k.cc"         // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q5_0.cc"         // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q5_1.cc"         // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q5_k.cc"         // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q6_k.cc"         // NOLINT(bugprone-suspicious-include)
#include "simd/quant/q8_0.cc"         // NOLINT(bugprone-suspicious-include)
#include "simd/quant/vnni.h"

namespace krait::simd {

extern const VnniVariant KRAIT_VNNI_VARIANT;

// The float formats have no kernels here.
#define KRAIT_VNNI_KERNELS(kernel)                                    \
  {                                                                   \
    nullptr, nullptr, nullptr, HWY_NAMESPACE::kernel##Q4_0T,          \
        HWY_NAMESPACE::kernel##Q4_1T, HWY_NAMESPACE::kernel##Q5_0T,   \
        HWY_NAMESPACE::kernel##Q5_1T, HWY_NAMESPACE::kernel##Q8_0T,   \
        HWY_NAMESPACE::kernel##Q2_KT, HWY_NAMESPACE::kernel##Q3_KT,   \
        HWY_NAMESPACE::kernel##Q4_KT, HWY_NAMESPACE::kernel##Q5_KT,   \
        HWY_NAMESPACE::kernel##Q6_KT, HWY_NAMESPACE::kernel##IQ4_NLT, \
        HWY_NAMESPACE::kernel##IQ4_XST                                \
  }
const VnniVariant KRAIT_VNNI_VARIANT = {
    .name = KRAIT_VNNI_NAME,
    .base = KRAIT_VNNI_BASE,
    .run_group = HWY_NAMESPACE::RunGroupT,
    .mat_vecs = KRAIT_VNNI_KERNELS(MatVecs),
    .pack = KRAIT_VNNI_KERNELS(Pack),
};
#undef KRAIT_VNNI_KERNELS

}  // namespace krait::simd
