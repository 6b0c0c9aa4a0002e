// SPDX-License-Identifier: Apache-2.0
// kF32, kF16 or kBF16 weights times a few float32 vectors, four rows at a time:
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
#include "simd/matvec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

using DF = hn::ScalableTag<float>;
using VF = hn::Vec<DF>;

// Adds one vector of four rows' products; `load(p)` loads it.
template <class Load, typename T>
HWY_INLINE void AddColumn(const Load& load, const T* HWY_RESTRICT w,
                          size_t cols, const float* HWY_RESTRICT x, VF& sum0,
                          VF& sum1, VF& sum2, VF& sum3) {
  const VF v = load(x);
  sum0 = hn::MulAdd(load(w), v, sum0);
  sum1 = hn::MulAdd(load(w + cols), v, sum1);
  sum2 = hn::MulAdd(load(w + 2 * cols), v, sum2);
  sum3 = hn::MulAdd(load(w + 3 * cols), v, sum3);
}

// T is the type of the weights.
template <typename T>
struct F32Kernel {
  // The next four rows are prefetched: see matvec_q8.cc.
  template <class Tile>
  HWY_INLINE void Rows(Tile, size_t row, size_t token) const {
    const DF df;
    const size_t N = hn::Lanes(df);
    const T* HWY_RESTRICT w = weights + row * cols;
    const float* HWY_RESTRICT x = vectors + token * cols;
    const float* HWY_RESTRICT z = x + cols;  // the second, if there is one
    VF x0 = hn::Zero(df);
    VF x1 = hn::Zero(df);
    VF x2 = hn::Zero(df);
    VF x3 = hn::Zero(df);
    VF z0 = hn::Zero(df);
    VF z1 = hn::Zero(df);
    VF z2 = hn::Zero(df);
    VF z3 = hn::Zero(df);
    size_t i = 0;
    const auto whole = [df](const auto* p) HWY_ATTR { return LoadF32(df, p); };
    for (; i + N <= cols; i += N) {
      if constexpr (Tile::kFirst) {
        for (size_t r = 4; r < 8; ++r) hwy::Prefetch(w + r * cols + i);
      }
      AddColumn(whole, w + i, cols, x + i, x0, x1, x2, x3);
      if constexpr (Tile::kTokens > 1) {
        AddColumn(whole, w + i, cols, z + i, z0, z1, z2, z3);
      }
    }
    if (i < cols) {
      const auto rest = [df, n = cols - i](const auto* p)
                            HWY_ATTR { return LoadF32N(df, p, n); };
      AddColumn(rest, w + i, cols, x + i, x0, x1, x2, x3);
      if constexpr (Tile::kTokens > 1) {
        AddColumn(rest, w + i, cols, z + i, z0, z1, z2, z3);
      }
    }
    StoreSums(df, x0, x1, x2, x3, y[token] + row);
    if constexpr (Tile::kTokens > 1) {
      StoreSums(df, z0, z1, z2, z3, y[token + 1] + row);
    }
  }

  // The same additions in the same order: how rows are grouped does not show
  // in the result.
  void OneRow(size_t row, size_t token) const {
    const DF df;
    const size_t N = hn::Lanes(df);
    const T* HWY_RESTRICT w = weights + row * cols;
    const float* HWY_RESTRICT x = vectors + token * cols;
    VF sum = hn::Zero(df);
    size_t i = 0;
    for (; i + N <= cols; i += N) {
      sum = hn::MulAdd(LoadF32(df, w + i), hn::LoadU(df, x + i), sum);
    }
    if (i < cols) {
      sum = hn::MulAdd(LoadF32N(df, w + i, cols - i),
                       hn::LoadN(df, x + i, cols - i), sum);
    }
    y[token][row] = hn::ReduceSum(df, sum);
  }

  const T* weights;
  size_t cols;
  const float* vectors;  // [tokens, cols]
  float* const* y;
};

template <typename T>
void AllRows(const WeightView& w, size_t row_begin, size_t row_end,
             const ActivationView& x, float* const* y) {
  MultiplyRows(F32Kernel<T>{static_cast<const T*>(w.data), w.cols, x.f32, y},
               row_begin, row_end, x.tokens);
}

void MatVecF32T(const WeightView& w, size_t row_begin, size_t row_end,
                const ActivationView& x, float* const* y) {
  switch (w.type) {
    case WeightType::kF32:
      return AllRows<float>(w, row_begin, row_end, x, y);
    case WeightType::kF16:
      return AllRows<hwy::float16_t>(w, row_begin, row_end, x, y);
    case WeightType::kBF16:
      return AllRows<hwy::bfloat16_t>(w, row_begin, row_end, x, y);
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
               const ActivationView& x, float* const* y) {
  HWY_DYNAMIC_DISPATCH(MatVecF32T)(w, row_begin, row_end, x, y);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
