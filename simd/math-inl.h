// SPDX-License-Identifier: Apache-2.0
// Exponential and activation functions on vectors of float, inlined by several
// kernels. No finite input gives a NaN or an overflow.

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

// Returns exp(x) for x <= 0 with a relative error below 1.5e-7; zero below -87
// (where the result would leave the normal floats) and for NaN. About half the
// operations of hn::Exp: no conversions, one multiplication by a power of two.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ExpOfNonPositive(D d, V x) {
  const hn::RebindToSigned<D> di;
  // x = n * ln(2) + r with |r| <= ln(2) / 2. Adding 1.5 * 2^23 rounds to an
  // integer, which is then in the low bits. ln(2) is split in two, so that the
  // product of n with the first part is exact.
  const V magic = hn::Set(d, 12582912.0f);
  const V shifted = hn::MulAdd(x, hn::Set(d, 1.44269504f), magic);
  const V n = hn::Sub(shifted, magic);
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693145751953125f), x);
  r = hn::NegMulAdd(n, hn::Set(d, 1.42860677e-6f), r);
  // exp(r) = 1 + r + r^2 * q(r), q interpolated at the Chebyshev points.
  const V r2 = hn::Mul(r, r);
  const V q01 = hn::MulAdd(r, hn::Set(d, 0.16666576f), hn::Set(d, 0.5f));
  const V q23 =
      hn::MulAdd(r, hn::Set(d, 0.00836320315f), hn::Set(d, 0.0416665561f));
  const V q234 = hn::MulAdd(r2, hn::Set(d, 0.00139262131f), q23);
  const V q = hn::MulAdd(r2, q234, q01);
  const V e = hn::Add(hn::Set(d, 1.0f), hn::MulAdd(r2, q, r));
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(di, shifted));
  const V scaled = hn::BitCast(d, hn::Add(hn::BitCast(di, e), exponent));
  return hn::IfThenElseZero(hn::Ge(x, hn::Set(d, -87.0f)), scaled);
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

// Returns x * Phi(x) = x * (1 + erf(x / sqrt(2))) / 2. Of |x| / sqrt(2) the
// complement of erf is a polynomial in 1 / (1 + p z) times exp(-z^2)
// (Abramowitz and Stegun 7.1.26: off by 1.5e-7).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V GeluOf(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V z = hn::Mul(hn::Abs(x), hn::Set(d, 0.707106781f));
  const V t = hn::Div(one, hn::MulAdd(z, hn::Set(d, 0.3275911f), one));
  V q = hn::MulAdd(t, hn::Set(d, 1.061405429f), hn::Set(d, -1.453152027f));
  q = hn::MulAdd(t, q, hn::Set(d, 1.421413741f));
  q = hn::MulAdd(t, q, hn::Set(d, -0.284496736f));
  q = hn::MulAdd(t, q, hn::Set(d, 0.254829592f));
  const V e = ExpOfNonPositive(d, hn::Neg(hn::Mul(z, z)));
  const V tail = hn::Mul(hn::Mul(q, t), hn::Mul(e, hn::Set(d, 0.5f)));
  const V phi =
      hn::IfThenElse(hn::Ge(x, hn::Zero(d)), hn::Sub(one, tail), tail);
  return hn::Mul(x, phi);
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
