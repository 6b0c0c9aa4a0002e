// SPDX-License-Identifier: Apache-2.0
// Exact dot products of int8 weights (-128..127) and int8 activations
// (-127..127), four at a time into an int32 lane:
//
//  - x86 with VNNI: vpdpbusd wants one unsigned side. Weights are stored or
//    loaded XOR 0x80, which is w + 128; the surplus 128 * sum(a) is taken off
//    through the accumulator's start value, so it costs nothing per product.
//  - SSE4, AVX2, AVX3: vpmaddubsw of |w| and sign(a, w). A pair sums to at most
//    2 * 128 * 127 = 32512, which does not saturate int16. (The unsigned trick
//    above would, with 2 * 255 * 127.)
//  - others: Highway's signed product, native on SVE.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_Q8_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_Q8_INL_H_
#undef KRAIT_SIMD_Q8_INL_H_
#else
#define KRAIT_SIMD_Q8_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"

// Targets get no macro for VNNI from Highway; all x86 ones from AVX3_DL on
// have it.
#undef KRAIT_UNSIGNED_WEIGHTS
#undef KRAIT_ABS_WEIGHTS
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL
#define KRAIT_UNSIGNED_WEIGHTS 1
#define KRAIT_ABS_WEIGHTS 0
#elif HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
#define KRAIT_UNSIGNED_WEIGHTS 0
#define KRAIT_ABS_WEIGHTS 1
#else
#define KRAIT_UNSIGNED_WEIGHTS 0
#define KRAIT_ABS_WEIGHTS 0
#endif

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Returns where QuadDot()'s accumulator starts in each lane, so that it ends at
// the dot product with a block of activations whose sum is `sum`.
HWY_INLINE int32_t QuadStart(int32_t sum) {
#if KRAIT_UNSIGNED_WEIGHTS
  return -128 * sum;
#else
  (void)sum;
  return 0;
#endif
}

#if HWY_TARGET != HWY_SCALAR  // has no vectors of four bytes

// Returns quants in the form that QuadDot() wants; works on any lane type.
template <class V>
HWY_INLINE V PrepareQuants(V quants) {
#if KRAIT_UNSIGNED_WEIGHTS
  const hn::DFromV<V> d;
  const hn::Repartition<uint8_t, decltype(d)> du8;
  return hn::Xor(quants, hn::BitCast(d, hn::Set(du8, uint8_t{0x80})));
#else
  return quants;
#endif
}

// Returns an accumulator whose lanes are summed at the end, for the block whose
// sum is at `sum`.
template <class DI>
HWY_INLINE hn::Vec<DI> QuadStartSumOfLanes(DI di,
                                           const int32_t* HWY_RESTRICT sum) {
#if KRAIT_UNSIGNED_WEIGHTS
  const hn::CappedTag<int32_t, 1> d1;
  const auto one_lane = hn::ZeroExtendResizeBitCast(di, d1, hn::LoadU(d1, sum));
  return hn::Neg(hn::ShiftLeft<7>(one_lane));
#else
  (void)sum;
  return hn::Zero(di);
#endif
}

// Returns acc + w[4 * i + 0..3] * a[4 * i + 0..3] in each lane i; `w` comes
// from PrepareQuants().
template <class DI, class V8 = hn::Vec<hn::Repartition<int8_t, DI>>>
HWY_INLINE hn::Vec<DI> QuadDot(DI di, V8 w, V8 a, hn::Vec<DI> acc) {
#if KRAIT_UNSIGNED_WEIGHTS
  const hn::Repartition<uint8_t, DI> du8;
  return hn::SumOfMulQuadAccumulate(di, hn::BitCast(du8, w), a, acc);
#elif KRAIT_ABS_WEIGHTS
  const hn::Repartition<uint8_t, DI> du8;
  const hn::Repartition<int16_t, DI> di16;
  const auto pairs =
      hn::SatWidenMulPairwiseAdd(di16, hn::BitCast(du8, hn::Abs(w)),
                                 hn::IfNegativeThenNegOrUndefIfZero(w, a));
  return hn::Add(acc, hn::WidenMulPairwiseAdd(di, pairs, hn::Set(di16, 1)));
#else
  return hn::SumOfMulQuadAccumulate(di, w, a, acc);
#endif
}

#endif  // HWY_TARGET != HWY_SCALAR

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
