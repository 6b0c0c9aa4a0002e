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
#include "simd/quant/formats_256-inl.h"
#include "simd/quant/formats_32-inl.h"
#include "simd/quant/matmul_int8.cc"  // NOLINT(bugprone-suspicious-include)
#include "simd/quant/vnni.h"

namespace krait::simd {

extern const VnniVariant KRAIT_VNNI_VARIANT;

// The float formats have no kernels here.
#define KRAIT_VNNI_MAT_VECS(Name) HWY_NAMESPACE::MatVecs##Name##T,
#define KRAIT_VNNI_PACK(Name) HWY_NAMESPACE::Pack##Name##T,
const VnniVariant KRAIT_VNNI_VARIANT = {
    .name = KRAIT_VNNI_NAME,
    .base = KRAIT_VNNI_BASE,
    .run_group = HWY_NAMESPACE::RunGroupT,
    .multiply_int8 = HWY_NAMESPACE::MultiplyInt8T,
    .mat_vecs = {nullptr, nullptr, nullptr,
                 KRAIT_QUANTISED_FORMATS(KRAIT_VNNI_MAT_VECS)},
    .pack = {nullptr, nullptr, nullptr,
             KRAIT_QUANTISED_FORMATS(KRAIT_VNNI_PACK)},
};
#undef KRAIT_VNNI_MAT_VECS
#undef KRAIT_VNNI_PACK

}  // namespace krait::simd
