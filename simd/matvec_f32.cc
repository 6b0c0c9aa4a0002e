// SPDX-License-Identifier: Apache-2.0
// kF32, kF16 or kBF16 weights times one float32 vector, four rows at a time:
// they share the loads of the vector, and their sums hide the latency of the
// fused multiply-add.
#include "simd/matmul_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/matvec_f32.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "simd/convert-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

// y[0..3] = rows at w, w + cols, ... The next four are prefetched: see
// matvec_q8.cc.
template <typename T>
void FourRows(const T* HWY_RESTRICT w, const float* HWY_RESTRICT x, size_t cols,
              float* HWY_RESTRICT y) {
  const hn::ScalableTag<float> df;
  const size_t N = hn::Lanes(df);
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
    const auto v = hn::LoadU(df, x + i);
    sum0 = hn::MulAdd(LoadF32(df, w + i), v, sum0);
    sum1 = hn::MulAdd(LoadF32(df, w1 + i), v, sum1);
    sum2 = hn::MulAdd(LoadF32(df, w2 + i), v, sum2);
    sum3 = hn::MulAdd(LoadF32(df, w3 + i), v, sum3);
  }
  if (i < cols) {
    const size_t rest = cols - i;
    const auto v = hn::LoadN(df, x + i, rest);
    sum0 = hn::MulAdd(LoadF32N(df, w + i, rest), v, sum0);
    sum1 = hn::MulAdd(LoadF32N(df, w1 + i, rest), v, sum1);
    sum2 = hn::MulAdd(LoadF32N(df, w2 + i, rest), v, sum2);
    sum3 = hn::MulAdd(LoadF32N(df, w3 + i, rest), v, sum3);
  }
  y[0] = hn::ReduceSum(df, sum0);
  y[1] = hn::ReduceSum(df, sum1);
  y[2] = hn::ReduceSum(df, sum2);
  y[3] = hn::ReduceSum(df, sum3);
}

// The same additions in the same order: how rows are grouped does not show in
// the result.
template <typename T>
float OneRow(const T* HWY_RESTRICT w, const float* HWY_RESTRICT x,
             size_t cols) {
  const hn::ScalableTag<float> df;
  const size_t N = hn::Lanes(df);
  auto sum = hn::Zero(df);
  size_t i = 0;
  for (; i + N <= cols; i += N) {
    sum = hn::MulAdd(LoadF32(df, w + i), hn::LoadU(df, x + i), sum);
  }
  if (i < cols) {
    sum = hn::MulAdd(LoadF32N(df, w + i, cols - i),
                     hn::LoadN(df, x + i, cols - i), sum);
  }
  return hn::ReduceSum(df, sum);
}

template <typename T>
void AllRows(const WeightView& w, size_t row_begin, size_t row_end,
             const float* HWY_RESTRICT x, float* HWY_RESTRICT y) {
  const T* data = static_cast<const T*>(w.data);
  size_t r = row_begin;
  for (; r + 4 <= row_end; r += 4) {
    FourRows(data + r * w.cols, x, w.cols, y + r);
  }
  for (; r < row_end; ++r) y[r] = OneRow(data + r * w.cols, x, w.cols);
}

void MatVecF32T(const WeightView& w, size_t row_begin, size_t row_end,
                const ActivationView& x, float* y) {
  switch (w.type) {
    case WeightType::kF32:
      return AllRows<float>(w, row_begin, row_end, x.f32, y);
    case WeightType::kF16:
      return AllRows<hwy::float16_t>(w, row_begin, row_end, x.f32, y);
    case WeightType::kBF16:
      return AllRows<hwy::bfloat16_t>(w, row_begin, row_end, x.f32, y);
    case WeightType::kQ8_0:
      HWY_DASSERT(false);  // needs kQ8 activations
  }
}

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(MatVecF32T);

void MatVecF32(const WeightView& w, size_t row_begin, size_t row_end,
               const ActivationView& x, float* y) {
  HWY_DYNAMIC_DISPATCH(MatVecF32T)(w, row_begin, row_end, x, y);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
