// SPDX-License-Identifier: Apache-2.0
// kBF16 weights times one kBF16 vector, four rows at a time.
#include "simd/matmul_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/matvec_bf16.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "simd/bf16-inl.h"
#include "simd/convert-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

using T = hwy::bfloat16_t;

#if HWY_TARGET == HWY_SCALAR

float OneRow(const T* w, const T* x, size_t cols) {
  const hn::CappedTag<float, 1> d1;
  auto sum = hn::Zero(d1);
  for (size_t i = 0; i < cols; ++i) {
    sum = hn::MulAdd(LoadF32(d1, w + i), LoadF32(d1, x + i), sum);
  }
  return hn::GetLane(sum);
}

void FourRows(const T* w, const T* x, size_t cols, float* y) {
  for (size_t r = 0; r < 4; ++r) y[r] = OneRow(w + r * cols, x, cols);
}

#else

// y[0..3] = rows at w, w + cols, ... The next four are prefetched: see
// matvec_q8.cc.
void FourRows(const T* HWY_RESTRICT w, const T* HWY_RESTRICT x, size_t cols,
              float* HWY_RESTRICT y) {
  const hn::ScalableTag<float> df;
  const hn::Repartition<T, decltype(df)> d;
  const size_t N = hn::Lanes(d);
  const T* HWY_RESTRICT w1 = w + cols;
  const T* HWY_RESTRICT w2 = w1 + cols;
  const T* HWY_RESTRICT w3 = w2 + cols;
  auto sum0 = hn::Zero(df);
  auto sum1 = hn::Zero(df);
  auto sum2 = hn::Zero(df);
  auto sum3 = hn::Zero(df);
  size_t i = 0;
  for (; i + N <= cols; i += N) {
    for (size_t r = 4; r < 8; ++r) hwy::Prefetch(w + r * cols + i);
    const auto v = hn::LoadU(d, x + i);
    sum0 = PairDot(df, hn::LoadU(d, w + i), v, sum0);
    sum1 = PairDot(df, hn::LoadU(d, w1 + i), v, sum1);
    sum2 = PairDot(df, hn::LoadU(d, w2 + i), v, sum2);
    sum3 = PairDot(df, hn::LoadU(d, w3 + i), v, sum3);
  }
  if (i < cols) {
    const size_t rest = cols - i;
    const auto v = hn::LoadN(d, x + i, rest);
    sum0 = PairDot(df, hn::LoadN(d, w + i, rest), v, sum0);
    sum1 = PairDot(df, hn::LoadN(d, w1 + i, rest), v, sum1);
    sum2 = PairDot(df, hn::LoadN(d, w2 + i, rest), v, sum2);
    sum3 = PairDot(df, hn::LoadN(d, w3 + i, rest), v, sum3);
  }
  y[0] = hn::ReduceSum(df, sum0);
  y[1] = hn::ReduceSum(df, sum1);
  y[2] = hn::ReduceSum(df, sum2);
  y[3] = hn::ReduceSum(df, sum3);
}

// The same additions in the same order: how rows are grouped does not show in
// the result.
float OneRow(const T* HWY_RESTRICT w, const T* HWY_RESTRICT x, size_t cols) {
  const hn::ScalableTag<float> df;
  const hn::Repartition<T, decltype(df)> d;
  const size_t N = hn::Lanes(d);
  auto sum = hn::Zero(df);
  size_t i = 0;
  for (; i + N <= cols; i += N) {
    sum = PairDot(df, hn::LoadU(d, w + i), hn::LoadU(d, x + i), sum);
  }
  if (i < cols) {
    sum = PairDot(df, hn::LoadN(d, w + i, cols - i),
                  hn::LoadN(d, x + i, cols - i), sum);
  }
  return hn::ReduceSum(df, sum);
}

#endif  // HWY_TARGET

void MatVecBF16T(const WeightView& w, size_t row_begin, size_t row_end,
                 const ActivationView& view, float* HWY_RESTRICT y) {
  const T* data = static_cast<const T*>(w.data);
  const void* x_at = view.bf16;
  const T* x = static_cast<const T*>(x_at);
  size_t r = row_begin;
  for (; r + 4 <= row_end; r += 4) {
    FourRows(data + r * w.cols, x, w.cols, y + r);
  }
  for (; r < row_end; ++r) y[r] = OneRow(data + r * w.cols, x, w.cols);
}

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(MatVecBF16T);

void MatVecBF16(const WeightView& w, size_t row_begin, size_t row_end,
                const ActivationView& x, float* y) {
  HWY_DASSERT(w.type == WeightType::kBF16);
  HWY_DYNAMIC_DISPATCH(MatVecBF16T)(w, row_begin, row_end, x, y);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
