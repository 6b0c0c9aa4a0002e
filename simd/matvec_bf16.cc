// SPDX-License-Identifier: Apache-2.0
// kBF16 weights times a few kBF16 vectors, four rows at a time.
#include "simd/matmul_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/matvec_bf16.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "simd/bf16-inl.h"
#include "simd/convert-inl.h"
#include "simd/matvec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

using T = hwy::bfloat16_t;

#if HWY_TARGET == HWY_SCALAR

float RowDot(const T* w, const T* x, size_t cols) {
  const hn::CappedTag<float, 1> d1;
  auto sum = hn::Zero(d1);
  for (size_t i = 0; i < cols; ++i) {
    sum = hn::MulAdd(LoadF32(d1, w + i), LoadF32(d1, x + i), sum);
  }
  return hn::GetLane(sum);
}

void MultiplyAll(const WeightView& w, size_t row_begin, size_t row_end,
                 const T* x, size_t tokens, float* const* y) {
  const T* data = static_cast<const T*>(w.data);
  for (size_t r = row_begin; r < row_end; ++r) {
    for (size_t t = 0; t < tokens; ++t) {
      y[t][r] = RowDot(data + r * w.cols, x + t * w.cols, w.cols);
    }
  }
}

#else

using DF = hn::ScalableTag<float>;
using D = hn::Repartition<T, DF>;
using VF = hn::Vec<DF>;

// Adds one vector of four rows' products; `load(p)` loads it.
template <class Load>
HWY_INLINE void AddColumn(const Load& load, const T* HWY_RESTRICT w,
                          size_t cols, const T* HWY_RESTRICT x, VF& sum0,
                          VF& sum1, VF& sum2, VF& sum3) {
  const DF df;
  const auto v = load(x);
  sum0 = PairDot(df, load(w), v, sum0);
  sum1 = PairDot(df, load(w + cols), v, sum1);
  sum2 = PairDot(df, load(w + 2 * cols), v, sum2);
  sum3 = PairDot(df, load(w + 3 * cols), v, sum3);
}

struct BF16Kernel {
  // The next four rows are prefetched: see matvec_q8.cc.
  template <class Tile>
  HWY_INLINE void Rows(Tile, size_t row, size_t token) const {
    const DF df;
    const D d;
    const size_t N = hn::Lanes(d);
    const T* HWY_RESTRICT w = weights + row * cols;
    const T* HWY_RESTRICT x = vectors + token * cols;
    const T* HWY_RESTRICT z = x + cols;  // the second, if there is one
    VF x0 = hn::Zero(df);
    VF x1 = hn::Zero(df);
    VF x2 = hn::Zero(df);
    VF x3 = hn::Zero(df);
    VF z0 = hn::Zero(df);
    VF z1 = hn::Zero(df);
    VF z2 = hn::Zero(df);
    VF z3 = hn::Zero(df);
    size_t i = 0;
    const auto whole = [d](const T* p) HWY_ATTR { return hn::LoadU(d, p); };
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
      const auto rest = [d, n = cols - i](const T* p)
                            HWY_ATTR { return hn::LoadN(d, p, n); };
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
    const D d;
    const size_t N = hn::Lanes(d);
    const T* HWY_RESTRICT w = weights + row * cols;
    const T* HWY_RESTRICT x = vectors + token * cols;
    VF sum = hn::Zero(df);
    size_t i = 0;
    for (; i + N <= cols; i += N) {
      sum = PairDot(df, hn::LoadU(d, w + i), hn::LoadU(d, x + i), sum);
    }
    if (i < cols) {
      sum = PairDot(df, hn::LoadN(d, w + i, cols - i),
                    hn::LoadN(d, x + i, cols - i), sum);
    }
    y[token][row] = hn::ReduceSum(df, sum);
  }

  const T* weights;
  size_t cols;
  const T* vectors;  // [tokens, cols]
  float* const* y;
};

void MultiplyAll(const WeightView& w, size_t row_begin, size_t row_end,
                 const T* x, size_t tokens, float* const* y) {
  MultiplyRows(BF16Kernel{static_cast<const T*>(w.data), w.cols, x, y},
               row_begin, row_end, tokens);
}

#endif  // HWY_TARGET

void MatVecBF16T(const WeightView& w, size_t row_begin, size_t row_end,
                 const ActivationView& view, float* const* y) {
  const void* x = view.bf16;
  MultiplyAll(w, row_begin, row_end, static_cast<const T*>(x), view.tokens, y);
}

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(MatVecBF16T);

void MatVecBF16(const WeightView& w, size_t row_begin, size_t row_end,
                const ActivationView& x, float* const* y) {
  HWY_DASSERT(w.type == WeightType::kBF16);
  HWY_DYNAMIC_DISPATCH(MatVecBF16T)(w, row_begin, row_end, x, y);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
