// SPDX-License-Identifier: Apache-2.0
// kF32, kF16 or kBF16 weights times a few float32 vectors. A thread reads its
// rows one after the other: one linear stream, which is what memory gives
// fastest (tests/bench/NOTES.md). Four sums hide the latency of the fused
// multiply-add. Two tokens go over a row together, the next two find it in the
// cache.
#include "simd/matmul_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/matvec_f32.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/convert-inl.h"
#include "simd/stream-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

using DF = hn::ScalableTag<float>;
using VF = hn::Vec<DF>;

// A row times one vector, or two (kTokens). The order of additions of a token
// is the same in either.
template <size_t kTokens, typename T>
HWY_INLINE void MultiplyRow(const T* HWY_RESTRICT w,
                            const float* HWY_RESTRICT x, size_t cols,
                            float* const* y, size_t row) {
  const DF df;
  const size_t N = hn::Lanes(df);
  const float* HWY_RESTRICT z = x + cols;  // the second, if there is one
  VF x0 = hn::Zero(df), x1 = x0, x2 = x0, x3 = x0;
  VF z0 = x0, z1 = x0, z2 = x0, z3 = x0;
  const auto add = [&](size_t i, VF& of_x, VF& of_z) HWY_ATTR {
    const VF v = LoadF32(df, w + i);
    of_x = hn::MulAdd(v, hn::LoadU(df, x + i), of_x);
    if constexpr (kTokens > 1) {
      of_z = hn::MulAdd(v, hn::LoadU(df, z + i), of_z);
    }
  };
  size_t i = 0;
  for (; i + 4 * N <= cols; i += 4 * N) {
    PrefetchStream(w + i, 4 * N * sizeof(T));
    add(i, x0, z0);
    add(i + N, x1, z1);
    add(i + 2 * N, x2, z2);
    add(i + 3 * N, x3, z3);
  }
  for (; i + N <= cols; i += N) add(i, x0, z0);
  if (i < cols) {
    const VF v = LoadF32N(df, w + i, cols - i);
    x1 = hn::MulAdd(v, hn::LoadN(df, x + i, cols - i), x1);
    if constexpr (kTokens > 1) {
      z1 = hn::MulAdd(v, hn::LoadN(df, z + i, cols - i), z1);
    }
  }
  y[0][row] = hn::ReduceSum(df, hn::Add(hn::Add(x0, x1), hn::Add(x2, x3)));
  if constexpr (kTokens > 1) {
    y[1][row] = hn::ReduceSum(df, hn::Add(hn::Add(z0, z1), hn::Add(z2, z3)));
  }
}

template <typename T>
void MultiplyRows(const WeightView& w, size_t row_begin, size_t row_end,
                  const ActivationView& x, float* const* y) {
  const T* row = static_cast<const T*>(w.data) + row_begin * w.cols;
  for (size_t r = row_begin; r < row_end; ++r, row += w.cols) {
    size_t t = 0;
    for (; t + 2 <= x.tokens; t += 2) {
      MultiplyRow<2>(row, x.f32 + t * w.cols, w.cols, y + t, r);
    }
    if (t < x.tokens) {
      MultiplyRow<1>(row, x.f32 + t * w.cols, w.cols, y + t, r);
    }
  }
}

void MatVecsF32T(const WeightView& w, size_t row_begin, size_t row_end,
                 const ActivationView& x, float* const* y) {
  MultiplyRows<float>(w, row_begin, row_end, x, y);
}

void MatVecsF16T(const WeightView& w, size_t row_begin, size_t row_end,
                 const ActivationView& x, float* const* y) {
  MultiplyRows<hwy::float16_t>(w, row_begin, row_end, x, y);
}

void MatVecsBF16T(const WeightView& w, size_t row_begin, size_t row_end,
                  const ActivationView& x, float* const* y) {
  MultiplyRows<hwy::bfloat16_t>(w, row_begin, row_end, x, y);
}

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(MatVecsF32T);
HWY_EXPORT(MatVecsF16T);
HWY_EXPORT(MatVecsBF16T);

void MatVecsF32(const WeightView& w, size_t row_begin, size_t row_end,
                const ActivationView& x, float* const* y) {
  HWY_DYNAMIC_DISPATCH(MatVecsF32T)(w, row_begin, row_end, x, y);
}

void MatVecsF16(const WeightView& w, size_t row_begin, size_t row_end,
                const ActivationView& x, float* const* y) {
  HWY_DYNAMIC_DISPATCH(MatVecsF16T)(w, row_begin, row_end, x, y);
}

void MatVecsBF16(const WeightView& w, size_t row_begin, size_t row_end,
                 const ActivationView& x, float* const* y) {
  HWY_DYNAMIC_DISPATCH(MatVecsBF16T)(w, row_begin, row_end, x, y);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
