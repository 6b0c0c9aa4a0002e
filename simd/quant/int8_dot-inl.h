// SPDX-License-Identifier: Apache-2.0
// Exact dot products of 8-bit weights and int8 activations (-127..127), four at
// a time into an int32 lane. x86 multiplies unsigned by signed only:
//
//  - with VNNI (vpdpbusd): signed weights are stored or loaded XOR 0x80, which
//    is w + 128; the surplus 128 * sum(a) is taken off.
//  - SSE4, AVX2, AVX3 (vpmaddubsw, whose pairs of products saturate at int16):
//    signed weights as |w| and sign(a, w): a pair sums to at most
//    2 * 128 * 127 = 32512. (The trick above would give 2 * 255 * 127.)
//    Unsigned weights are below 64 in all formats: 2 * 63 * 127 = 16002.
//  - others: Highway's signed product, native on SVE.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_QUANT_INT8_DOT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_QUANT_INT8_DOT_INL_H_
#undef KRAIT_SIMD_QUANT_INT8_DOT_INL_H_
#else
#define KRAIT_SIMD_QUANT_INT8_DOT_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"

// Targets get no macro for VNNI from Highway; all x86 ones from AVX3_DL on
// have it, and the variants of vnni.h.
#undef KRAIT_UNSIGNED_WEIGHTS
#undef KRAIT_ABS_WEIGHTS
#if (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL) || defined(KRAIT_VNNI_VARIANT)
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

// What PrepareQuants() adds to signed quants.
constexpr int kPreparedOffset = KRAIT_UNSIGNED_WEIGHTS ? 128 : 0;

// Returns where QuadDot()'s accumulator starts in each lane, so that it ends at
// the dot product with activations whose sum is `sum`.
HWY_INLINE int32_t QuadStart(int32_t sum) {
  return -kPreparedOffset * sum;
}

#if HWY_TARGET != HWY_SCALAR  // has no vectors of four bytes

// Returns signed quants in the form that QuadDot() wants; works on any lane
// type.
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

#ifdef KRAIT_VNNI_VARIANT

// In place of SumOfMulQuadAccumulate(), which knows nothing of the variants.
HWY_INLINE hn::Vec256<int32_t> VnniDot(hn::FixedTag<int32_t, 8> /*di*/,
                                       hn::Vec256<uint8_t> w,
                                       hn::Vec256<int8_t> a,
                                       hn::Vec256<int32_t> acc) {
  return hn::Vec256<int32_t>{KRAIT_VNNI_DOT_256(acc.raw, w.raw, a.raw)};
}
#ifdef KRAIT_VNNI_DOT_512
HWY_INLINE hn::Vec512<int32_t> VnniDot(hn::FixedTag<int32_t, 16> /*di*/,
                                       hn::Vec512<uint8_t> w,
                                       hn::Vec512<int8_t> a,
                                       hn::Vec512<int32_t> acc) {
  return hn::Vec512<int32_t>{KRAIT_VNNI_DOT_512(acc.raw, w.raw, a.raw)};
}
#endif

#endif  // KRAIT_VNNI_VARIANT

// Returns acc + w[4 * i + 0..3] * a[4 * i + 0..3] in each lane i; `w` comes
// from PrepareQuants().
template <class DI, class V8 = hn::Vec<hn::Repartition<int8_t, DI>>>
HWY_INLINE hn::Vec<DI> QuadDot(DI di, V8 w, V8 a, hn::Vec<DI> acc) {
#ifdef KRAIT_VNNI_VARIANT
  const hn::Repartition<uint8_t, DI> du8;
  return VnniDot(di, hn::BitCast(du8, w), a, acc);
#elif KRAIT_UNSIGNED_WEIGHTS
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

// The same for unsigned weights below 64, which nobody has prepared.
template <class DI, class V8 = hn::Vec<hn::Repartition<int8_t, DI>>>
HWY_INLINE hn::Vec<DI> UnsignedQuadDot(DI di, V8 w, V8 a, hn::Vec<DI> acc) {
#if KRAIT_UNSIGNED_WEIGHTS
  return QuadDot(di, w, a, acc);
#elif KRAIT_ABS_WEIGHTS
  const hn::Repartition<uint8_t, DI> du8;
  const hn::Repartition<int16_t, DI> di16;
  const auto pairs = hn::SatWidenMulPairwiseAdd(di16, hn::BitCast(du8, w), a);
  return hn::Add(acc, hn::WidenMulPairwiseAdd(di, pairs, hn::Set(di16, 1)));
#else
  return hn::SumOfMulQuadAccumulate(di, w, a, acc);
#endif
}

#endif  // HWY_TARGET != HWY_SCALAR

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
