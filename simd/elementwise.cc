// SPDX-License-Identifier: Apache-2.0
#include "simd/elementwise.h"

#include <cmath>
#include <limits>

#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/elementwise.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif

#include "hwy/highway.h"
#include "simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd {
namespace HWY_NAMESPACE {
namespace {

using FloatTag = hn::ScalableTag<float>;
using FloatVec = hn::Vec<FloatTag>;

// y[i] = function(x[i]). No restrict, here and below: y may be an input.
template <class Function>
HWY_INLINE void Map(const float* x, size_t n, float* y, Function function) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(function(hn::LoadU(d, x + i)), d, y + i);
  }
  if (i < n) {
    hn::StoreN(function(hn::LoadN(d, x + i, n - i)), d, y + i, n - i);
  }
}

// y[i] = function(a[i], b[i]).
template <class Function>
HWY_INLINE void Map2(const float* a, const float* b, size_t n, float* y,
                     Function function) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const FloatVec result = function(hn::LoadU(d, a + i), hn::LoadU(d, b + i));
    hn::StoreU(result, d, y + i);
  }
  if (i < n) {
    const FloatVec result =
        function(hn::LoadN(d, a + i, n - i), hn::LoadN(d, b + i, n - i));
    hn::StoreN(result, d, y + i, n - i);
  }
}

// Returns the largest element that is not NaN, or -infinity.
float LargestOf(const float* x, size_t n) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const FloatVec lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  FloatVec max0 = lowest;
  FloatVec max1 = lowest;
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const FloatVec x0 = hn::LoadU(d, x + i);
    const FloatVec x1 = hn::LoadU(d, x + i + lanes);
    max0 = hn::IfThenElse(hn::Gt(x0, max0), x0, max0);
    max1 = hn::IfThenElse(hn::Gt(x1, max1), x1, max1);
  }
  for (; i < n; i += lanes) {
    const FloatVec x0 = hn::LoadNOr(lowest, d, x + i, n - i);
    max0 = hn::IfThenElse(hn::Gt(x0, max0), x0, max0);
  }
  return hn::ReduceMax(d, hn::Max(max0, max1));
}

// Returns the smallest element, for inputs without NaN.
float SmallestOf(const float* x, size_t n) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const FloatVec highest = hn::Set(d, std::numeric_limits<float>::infinity());
  FloatVec min = highest;
  for (size_t i = 0; i < n; i += lanes) {
    min = hn::Min(hn::LoadNOr(highest, d, x + i, n - i), min);
  }
  return hn::ReduceMin(d, min);
}

// Returns sum_i exp(scale * (x[i] - reference)), where scale * (x[i] -
// reference) <= 0, and stores the terms if `terms` is not nullptr (it may be
// x). Differences that overflow are held at the largest floats, so that even a
// scale of zero meets no infinity.
template <bool kStore>
float SumOfExp(const float* x, size_t n, float scale, float reference,
               float* terms) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const FloatVec lowest = hn::Set(d, std::numeric_limits<float>::lowest());
  const FloatVec highest = hn::Set(d, std::numeric_limits<float>::max());
  const FloatVec factor = hn::Set(d, scale);
  const FloatVec origin = hn::Set(d, reference);
  const auto term = [&](FloatVec v) HWY_ATTR {
    const FloatVec difference =
        hn::Max(lowest, hn::Min(highest, hn::Sub(v, origin)));
    return ExpOfNonPositive(d, hn::Mul(factor, difference));
  };
  FloatVec sum = hn::Zero(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const FloatVec e = term(hn::LoadU(d, x + i));
    if constexpr (kStore) hn::StoreU(e, d, terms + i);
    sum = hn::Add(sum, e);
  }
  if (i < n) {
    const FloatVec e = term(hn::LoadN(d, x + i, n - i));
    if constexpr (kStore) hn::StoreN(e, d, terms + i, n - i);
    sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(d, n - i), e));
  }
  return hn::ReduceSum(d, sum);
}

// The largest element and exponentials leave NaNs out.
bool HasNaN(const float* x, size_t n) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    if (!hn::AllFalse(d, hn::IsNaN(hn::LoadU(d, x + i)))) return true;
  }
  return !hn::AllFalse(d, hn::IsNaN(hn::LoadN(d, x + i, n - i)));
}

}  // namespace

void Silu(const float* x, size_t n, float* y) {
  const FloatTag d;
  Map(x, n, y, [d](FloatVec v) HWY_ATTR { return SiluOf(d, v); });
}

void SiluMul(const float* gate, const float* up, size_t n, float* y) {
  const FloatTag d;
  Map2(gate, up, n, y, [d](FloatVec g, FloatVec u) HWY_ATTR {
    return hn::Mul(SiluOf(d, g), u);
  });
}

void Scale(float factor, size_t n, float* x) {
  const FloatTag d;
  const FloatVec by = hn::Set(d, factor);
  Map(x, n, x, [&by](FloatVec v) HWY_ATTR { return hn::Mul(v, by); });
}

void Softplus(const float* x, size_t n, float* y) {
  const FloatTag d;
  Map(x, n, y, [d](FloatVec v) HWY_ATTR { return SoftplusOf(d, v); });
}

void Add(const float* x, size_t n, float* y) {
  Map2(x, y, n, y,
       [](FloatVec a, FloatVec b) HWY_ATTR { return hn::Add(a, b); });
}

void Gelu(const float* x, size_t n, float* y) {
  const FloatTag d;
  Map(x, n, y, [&](FloatVec v) HWY_ATTR { return GeluOf(d, v); });
}

void Softmax(float scale, size_t n, float* x) {
  HWY_DASSERT(n >= 1);
  const float reference = scale < 0.0f ? SmallestOf(x, n) : LargestOf(x, n);
  const float sum = SumOfExp<true>(x, n, scale, reference, x);
  const FloatTag d;
  const FloatVec inverse = hn::Set(d, 1.0f / sum);  // sum >= 1
  Map(x, n, x, [&](FloatVec v) HWY_ATTR { return hn::Mul(v, inverse); });
}

size_t ArgMax(const float* x, size_t n) {
  HWY_DASSERT(n >= 1);
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const FloatVec largest = hn::Set(d, LargestOf(x, n));
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const intptr_t lane =
        hn::FindFirstTrue(d, hn::Eq(hn::LoadU(d, x + i), largest));
    if (lane >= 0) return i + static_cast<size_t>(lane);
  }
  for (; i < n; ++i) {
    if (x[i] == hn::GetLane(largest)) return i;
  }
  return 0;  // nothing but NaNs
}

float LogSumExp(const float* x, size_t n) {
  HWY_DASSERT(n >= 1);
  if (HasNaN(x, n)) return std::numeric_limits<float>::quiet_NaN();
  const float largest = LargestOf(x, n);
  if (std::isinf(largest)) return largest;
  return largest + std::log(SumOfExp<false>(x, n, 1.0f, largest, nullptr));
}

}  // namespace HWY_NAMESPACE
}  // namespace krait::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(Silu);
HWY_EXPORT(SiluMul);
HWY_EXPORT(Softplus);
HWY_EXPORT(Gelu);
HWY_EXPORT(Add);
HWY_EXPORT(Scale);
HWY_EXPORT(Softmax);
HWY_EXPORT(ArgMax);
HWY_EXPORT(LogSumExp);

void Silu(const float* x, size_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(Silu)(x, n, y);
}

void SiluMul(const float* gate, const float* up, size_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(SiluMul)(gate, up, n, y);
}

void Softplus(const float* x, size_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(Softplus)(x, n, y);
}

void Gelu(const float* x, size_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(Gelu)(x, n, y);
}

void Add(const float* x, size_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(Add)(x, n, y);
}

void Scale(float factor, size_t n, float* x) {
  if (factor == 1) return;
  HWY_DYNAMIC_DISPATCH(Scale)(factor, n, x);
}

void Softmax(float scale, size_t n, float* x) {
  HWY_DYNAMIC_DISPATCH(Softmax)(scale, n, x);
}

size_t ArgMax(const float* x, size_t n) {
  return HWY_DYNAMIC_DISPATCH(ArgMax)(x, n);
}

float LogSumExp(const float* x, size_t n) {
  return HWY_DYNAMIC_DISPATCH(LogSumExp)(x, n);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
