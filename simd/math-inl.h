// SPDX-License-Identifier: Apache-2.0
// Activation functions on vectors of float, inlined by several kernels. Built
// on Highway's Exp (1 ulp) and Log1p (2 ulp) and kept within their valid
// ranges, so that no finite input gives a NaN or an overflow.

#if defined(KRAIT_SIMD_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_MATH_INL_H_
#undef KRAIT_SIMD_MATH_INL_H_
#else
#define KRAIT_SIMD_MATH_INL_H_
#endif

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Returns exp(x), for x <= 0.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ExpOfNonPositive(D d, V x) {
  return hn::Exp(d, x);
}

// Returns x * sigmoid(x). The exponent is -|x|, which cannot overflow:
// sigmoid(x) = 1 / (1 + e) for x >= 0 and e / (1 + e) below. A true division
// (not an approximate reciprocal) keeps CPUs of one target in agreement.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SiluOf(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V e = ExpOfNonPositive(d, hn::Neg(hn::Abs(x)));
  const V numerator = hn::IfThenElse(hn::Ge(x, hn::Zero(d)), one, e);
  return hn::Mul(x, hn::Div(numerator, hn::Add(one, e)));
}

// Returns log(1 + exp(x)), and x itself above 20 (where the two are equal in
// float) and for NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SoftplusOf(D d, V x) {
  const V limit = hn::Set(d, 20.0f);
  const V log1p = hn::Log1p(d, hn::Exp(d, hn::Min(x, limit)));
  return hn::IfThenElse(hn::Le(x, limit), log1p, x);
}

}  // namespace HWY_NAMESPACE
}  // namespace krait::simd
HWY_AFTER_NAMESPACE();

#endif  // toggle
