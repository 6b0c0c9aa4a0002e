// SPDX-License-Identifier: Apache-2.0
// The fastest sequence of the dot products that MatMul is made of.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_QUANT_INT8_PEAK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_QUANT_INT8_PEAK_INL_H_
#undef KRAIT_SIMD_QUANT_INT8_PEAK_INL_H_
#else
#define KRAIT_SIMD_QUANT_INT8_PEAK_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"
#include "simd/panel-inl.h"
#include "simd/quant/int8_dot-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kPeakSteps = 256;  // of a round

#if HWY_TARGET == HWY_SCALAR

inline size_t MultiplyInt8T(size_t rounds) {
  volatile int sum = 0;
  for (size_t i = 0; i < rounds * kPeakSteps; ++i) sum = sum + 3;
  return rounds * kPeakSteps;
}

#else

// Twelve sums, so that none waits for the one before; different ones, or a
// compiler would need only one of them. They wrap around.
inline size_t MultiplyInt8T(size_t rounds) {
  constexpr size_t kSums = 12;
  const RowTagI di;
  const hn::Repartition<int8_t, RowTagI> d8;
  const auto w = PrepareQuants(hn::Set(d8, int8_t{3}));
  const auto a = hn::Set(d8, int8_t{5});
  auto s0 = hn::Iota(di, 0), s1 = hn::Iota(di, 1), s2 = hn::Iota(di, 2),
       s3 = hn::Iota(di, 3), s4 = hn::Iota(di, 4), s5 = hn::Iota(di, 5),
       s6 = hn::Iota(di, 6), s7 = hn::Iota(di, 7), s8 = hn::Iota(di, 8),
       s9 = hn::Iota(di, 9), s10 = hn::Iota(di, 10), s11 = hn::Iota(di, 11);
  for (size_t i = 0; i < rounds * kPeakSteps; ++i) {
    s0 = QuadDot(di, w, a, s0);
    s1 = QuadDot(di, w, a, s1);
    s2 = QuadDot(di, w, a, s2);
    s3 = QuadDot(di, w, a, s3);
    s4 = QuadDot(di, w, a, s4);
    s5 = QuadDot(di, w, a, s5);
    s6 = QuadDot(di, w, a, s6);
    s7 = QuadDot(di, w, a, s7);
    s8 = QuadDot(di, w, a, s8);
    s9 = QuadDot(di, w, a, s9);
    s10 = QuadDot(di, w, a, s10);
    s11 = QuadDot(di, w, a, s11);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)),
                                   hn::Add(hn::Add(s4, s5), hn::Add(s6, s7))),
                           hn::Add(hn::Add(s8, s9), hn::Add(s10, s11)));
  volatile int32_t used = hn::GetLane(sum);  // or all of it would go
  (void)used;
  return rounds * kPeakSteps * kSums * hn::Lanes(d8);
}

#endif  // HWY_TARGET

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
