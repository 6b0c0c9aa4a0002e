// SPDX-License-Identifier: Apache-2.0
#include "simd/norm.h"

#include <cmath>

#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/norm.cc"
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

// Returns sum_i x[i]^2, in four partial sums to hide the latency.
float SumOfSquares(const float* HWY_RESTRICT x, size_t n) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  FloatVec sum0 = hn::Zero(d);
  FloatVec sum1 = hn::Zero(d);
  FloatVec sum2 = hn::Zero(d);
  FloatVec sum3 = hn::Zero(d);
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    const FloatVec x0 = hn::LoadU(d, x + i);
    const FloatVec x1 = hn::LoadU(d, x + i + lanes);
    const FloatVec x2 = hn::LoadU(d, x + i + 2 * lanes);
    const FloatVec x3 = hn::LoadU(d, x + i + 3 * lanes);
    sum0 = hn::MulAdd(x0, x0, sum0);
    sum1 = hn::MulAdd(x1, x1, sum1);
    sum2 = hn::MulAdd(x2, x2, sum2);
    sum3 = hn::MulAdd(x3, x3, sum3);
  }
  for (; i < n; i += lanes) {
    const FloatVec x0 = hn::LoadN(d, x + i, n - i);
    sum0 = hn::MulAdd(x0, x0, sum0);
  }
  return hn::ReduceSum(d, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3)));
}

// y = x * scale * weight. No restrict: y may be x.
void ScaleByWeight(const float* x, const float* weight, size_t n, float scale,
                   float* y) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const FloatVec factor = hn::Set(d, scale);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const FloatVec scaled = hn::Mul(hn::LoadU(d, x + i), factor);
    hn::StoreU(hn::Mul(scaled, hn::LoadU(d, weight + i)), d, y + i);
  }
  if (i < n) {
    const FloatVec scaled = hn::Mul(hn::LoadN(d, x + i, n - i), factor);
    hn::StoreN(hn::Mul(scaled, hn::LoadN(d, weight + i, n - i)), d, y + i,
               n - i);
  }
}

// y = x * SiLU(z); returns sum_i y[i]^2. Two partial sums are enough here: the
// exponential takes longer than the addition's latency.
float GateAndSumSquares(const float* x, const float* z, size_t n, float* y) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  FloatVec sum0 = hn::Zero(d);
  FloatVec sum1 = hn::Zero(d);
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const FloatVec gate0 = SiluOf(d, hn::LoadU(d, z + i));
    const FloatVec gate1 = SiluOf(d, hn::LoadU(d, z + i + lanes));
    const FloatVec y0 = hn::Mul(hn::LoadU(d, x + i), gate0);
    const FloatVec y1 = hn::Mul(hn::LoadU(d, x + i + lanes), gate1);
    hn::StoreU(y0, d, y + i);
    hn::StoreU(y1, d, y + i + lanes);
    sum0 = hn::MulAdd(y0, y0, sum0);
    sum1 = hn::MulAdd(y1, y1, sum1);
  }
  for (; i < n; i += lanes) {
    const FloatVec gate0 = SiluOf(d, hn::LoadN(d, z + i, n - i));
    const FloatVec y0 = hn::Mul(hn::LoadN(d, x + i, n - i), gate0);
    hn::StoreN(y0, d, y + i, n - i);
    sum0 = hn::MulAdd(y0, y0, sum0);
  }
  return hn::ReduceSum(d, hn::Add(sum0, sum1));
}

// Returns sum_i x[i].
float SumOf(const float* x, size_t n) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  FloatVec sum0 = hn::Zero(d);
  FloatVec sum1 = hn::Zero(d);
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    sum0 = hn::Add(hn::LoadU(d, x + i), sum0);
    sum1 = hn::Add(hn::LoadU(d, x + i + lanes), sum1);
  }
  for (; i < n; i += lanes) {
    sum0 = hn::Add(hn::LoadN(d, x + i, n - i), sum0);
  }
  return hn::ReduceSum(d, hn::Add(sum0, sum1));
}

// y = x - mean. No restrict: y may be x.
void Centre(const float* x, float mean, size_t n, float* y) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const FloatVec m = hn::Set(d, mean);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::Sub(hn::LoadU(d, x + i), m), d, y + i);
  }
  if (i < n) {
    hn::StoreN(hn::Sub(hn::LoadN(d, x + i, n - i), m), d, y + i, n - i);
  }
}

void AddTo(const float* x, size_t n, float* y) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::Add(hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, y + i);
  }
  if (i < n) {
    hn::StoreN(hn::Add(hn::LoadN(d, x + i, n - i), hn::LoadN(d, y + i, n - i)),
               d, y + i, n - i);
  }
}

float InverseRms(float sum_of_squares, size_t n, float eps) {
  return 1.0f / std::sqrt(sum_of_squares / static_cast<float>(n) + eps);
}

}  // namespace

void RmsNorm(const float* x, const float* weight, size_t n, float eps,
             float* y) {
  ScaleByWeight(x, weight, n, InverseRms(SumOfSquares(x, n), n, eps), y);
}

// The variance is of the centred numbers: that of squares less that of the mean
// would lose what they share.
void LayerNorm(const float* x, const float* weight, const float* bias, size_t n,
               float eps, float* y) {
  Centre(x, SumOf(x, n) / static_cast<float>(n), n, y);
  ScaleByWeight(y, weight, n, InverseRms(SumOfSquares(y, n), n, eps), y);
  AddTo(bias, n, y);
}

void GatedGroupRmsNorm(const float* x, const float* z, const float* weight,
                       size_t n, size_t groups, float eps, float* y) {
  HWY_DASSERT(groups >= 1 && n % groups == 0);
  const size_t group_size = n / groups;
  for (size_t i = 0; i < n; i += group_size) {
    const float sum = GateAndSumSquares(x + i, z + i, group_size, y + i);
    ScaleByWeight(y + i, weight + i, group_size,
                  InverseRms(sum, group_size, eps), y + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace krait::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(RmsNorm);
HWY_EXPORT(LayerNorm);
HWY_EXPORT(GatedGroupRmsNorm);

void RmsNorm(const float* x, const float* weight, size_t n, float eps,
             float* y) {
  HWY_DYNAMIC_DISPATCH(RmsNorm)(x, weight, n, eps, y);
}

void LayerNorm(const float* x, const float* weight, const float* bias, size_t n,
               float eps, float* y) {
  HWY_DYNAMIC_DISPATCH(LayerNorm)(x, weight, bias, n, eps, y);
}

void GatedGroupRmsNorm(const float* x, const float* z, const float* weight,
                       size_t n, size_t groups, float eps, float* y) {
  HWY_DYNAMIC_DISPATCH(GatedGroupRmsNorm)(x, z, weight, n, groups, eps, y);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
