// SPDX-License-Identifier: Apache-2.0
// Dot products of pairs of bfloat16 into float32 lanes.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_BF16_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_BF16_INL_H_
#undef KRAIT_SIMD_BF16_INL_H_
#else
#define KRAIT_SIMD_BF16_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR  // has no vectors of two bfloat16

// Returns acc + a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1] in lane i.
// On x86, ReorderWidenMulAccumulate keeps that order (vdpbf16ps); elsewhere
// its order is undefined, hence the two steps.
template <class DF, class VBF = hn::Vec<hn::Repartition<hwy::bfloat16_t, DF>>>
HWY_INLINE hn::Vec<DF> PairDot(DF df, VBF a, VBF b, hn::Vec<DF> acc) {
#if HWY_ARCH_X86 && HWY_NATIVE_DOT_BF16
  auto unused = hn::Zero(df);
  return hn::ReorderWidenMulAccumulate(df, a, b, acc, unused);
#else
  acc = hn::MulAdd(hn::PromoteEvenTo(df, a), hn::PromoteEvenTo(df, b), acc);
  return hn::MulAdd(hn::PromoteOddTo(df, a), hn::PromoteOddTo(df, b), acc);
#endif
}

#endif

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
