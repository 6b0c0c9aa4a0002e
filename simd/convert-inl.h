// SPDX-License-Identifier: Apache-2.0
// Stored weights to float32 vectors. All conversions are exact.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_CONVERT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_CONVERT_INL_H_
#undef KRAIT_SIMD_CONVERT_INL_H_
#else
#define KRAIT_SIMD_CONVERT_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "simd/weights.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Returns `v` as float32.
template <class DF>
HWY_INLINE hn::Vec<DF> ToF32(DF df,
                             hn::Vec<hn::Rebind<hwy::bfloat16_t, DF>> v) {
  return hn::PromoteTo(df, v);
}
template <class DF>
HWY_INLINE hn::Vec<DF> ToF32(DF df, hn::Vec<hn::Rebind<hwy::float16_t, DF>> v) {
#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SSE4 || \
    HWY_TARGET == HWY_SSSE3 || HWY_TARGET == HWY_SSE2
  // Highway's emulation turns infinity and NaN into numbers. This one moves the
  // bits to where float32 has them, which makes an exponent that is 112 too
  // small, also for subnormals; the product is exact.
  const hn::RebindToUnsigned<DF> du32;
  const hn::Rebind<uint16_t, DF> du16;
  const auto bits = hn::PromoteTo(du32, hn::BitCast(du16, v));
  const auto rest = hn::And(bits, hn::Set(du32, 0x7fffu));
  const auto sign = hn::ShiftLeft<16>(hn::Xor(bits, rest));
  const auto value =
      hn::Mul(hn::BitCast(df, hn::ShiftLeft<13>(rest)), hn::Set(df, 0x1p112f));
  const auto special =
      hn::IfThenElseZero(hn::Ge(value, hn::Set(df, 65536.0f)),
                         hn::BitCast(df, hn::Set(du32, 0x7f800000u)));
  return hn::Or(hn::Or(value, special), hn::BitCast(df, sign));
#else
  return hn::PromoteTo(df, v);
#endif
}

// Returns Lanes(df) elements from `p` on.
template <class DF>
HWY_INLINE hn::Vec<DF> LoadF32(DF df, const float* HWY_RESTRICT p) {
  return hn::LoadU(df, p);
}
// Serves float16_t and bfloat16_t.
template <class DF, typename T>
HWY_INLINE hn::Vec<DF> LoadF32(DF df, const T* HWY_RESTRICT p) {
  return ToF32(df, hn::LoadU(hn::Rebind<T, DF>(), p));
}

// Returns min(n, Lanes(df)) elements from `p` on, then zeros.
template <class DF>
HWY_INLINE hn::Vec<DF> LoadF32N(DF df, const float* HWY_RESTRICT p, size_t n) {
  return hn::LoadN(df, p, n);
}
template <class DF, typename T>
HWY_INLINE hn::Vec<DF> LoadF32N(DF df, const T* HWY_RESTRICT p, size_t n) {
  return ToF32(df, hn::LoadN(hn::Rebind<T, DF>(), p, n));
}

// Returns the binary16 number at `p`, which need not be aligned, in all lanes.
template <class DF>
HWY_INLINE hn::Vec<DF> BlockScale(DF df, const uint8_t* HWY_RESTRICT p) {
  const hn::Rebind<uint16_t, DF> du16;
  const hn::Rebind<hwy::float16_t, DF> df16;
  uint16_t bits;
  std::memcpy(&bits, p, sizeof(bits));
  return ToF32(df, hn::BitCast(df16, hn::Set(du16, bits)));
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
