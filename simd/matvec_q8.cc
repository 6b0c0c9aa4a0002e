// SPDX-License-Identifier: Apache-2.0
// kQ8_0 weights times a few kQ8 vectors, straight from the file's 34-byte
// blocks. Decoding is bound by memory: four rows at a time share the loads of
// the activations and give the core independent work while weights arrive.
#include "simd/matmul_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/matvec_q8.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "simd/convert-inl.h"
#include "simd/matvec-inl.h"
#include "simd/q8-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

// One token of a batch.
struct Q8Vector {
  Q8Vector(const ActivationView& x, size_t token)
      : quants(x.q8 + token * x.cols),
        scales(x.scales + token * (x.cols / kQ8BlockSize)),
        sums(x.sums + token * (x.cols / kQ8BlockSize)) {}

  const int8_t* HWY_RESTRICT quants;
  const float* HWY_RESTRICT scales;
  const int32_t* HWY_RESTRICT sums;
};

#if HWY_TARGET == HWY_SCALAR

float RowDot(const uint8_t* row, const Q8Vector& x, size_t blocks) {
  float sum = 0.0f;
  for (size_t b = 0; b < blocks; ++b, row += kQ8BlockBytes) {
    const int8_t* w = BlockQuants(row);
    const int8_t* a = x.quants + b * kQ8BlockSize;
    int32_t dot = 0;
    for (size_t i = 0; i < kQ8BlockSize; ++i) dot += w[i] * a[i];
    const hn::CappedTag<float, 1> d1;
    const float scale = hn::GetLane(BlockScale(d1, row));
    sum += static_cast<float>(dot) * (scale * x.scales[b]);
  }
  return sum;
}

void MatVecQ8T(const WeightView& w, size_t row_begin, size_t row_end,
               const ActivationView& x, float* const* y) {
  const size_t row_bytes = RowBytes(WeightType::kQ8_0, w.cols);
  const auto* data = static_cast<const uint8_t*>(w.data);
  for (size_t r = row_begin; r < row_end; ++r) {
    for (size_t t = 0; t < x.tokens; ++t) {
      y[t][r] =
          RowDot(data + r * row_bytes, Q8Vector(x, t), x.cols / kQ8BlockSize);
    }
  }
}

#else

// 256 bits divide a block, and use all three vector ports of an Intel core.
using DI = hn::CappedTag<int32_t, 8>;
using DF = hn::RebindToFloat<DI>;
using D8 = hn::Repartition<int8_t, DI>;
using VI = hn::Vec<DI>;
using VF = hn::Vec<DF>;

// Returns acc + scale * (block . a); `start` is from QuadStartSumOfLanes().
HWY_INLINE VF AddBlock(const uint8_t* HWY_RESTRICT block,
                       const int8_t* HWY_RESTRICT a, VF a_scale, VI start,
                       VF acc) {
  const DI di;
  const DF df;
  const D8 d8;
  const int8_t* HWY_RESTRICT quants = BlockQuants(block);
  VI dot = start;
  for (size_t i = 0; i < kQ8BlockSize; i += hn::Lanes(d8)) {
    dot = QuadDot(di, PrepareQuants(hn::LoadU(d8, quants + i)),
                  hn::LoadU(d8, a + i), dot);
  }
  return hn::MulAdd(hn::ConvertTo(df, dot),
                    hn::Mul(BlockScale(df, block), a_scale), acc);
}

class Q8Kernel {
 public:
  Q8Kernel(const WeightView& w, const ActivationView& x, float* const* y)
      : data_(static_cast<const uint8_t*>(w.data)),
        row_bytes_(RowBytes(WeightType::kQ8_0, w.cols)),
        x_(x),
        y_(y) {}

  // The next four rows are prefetched: the hardware's streams end with each
  // row or page (+40 % at 3352x768, and from DRAM).
  template <class Tile>
  HWY_INLINE void Rows(Tile, size_t first_row, size_t token) const {
    const DI di;
    const DF df;
    const uint8_t* HWY_RESTRICT row = data_ + first_row * row_bytes_;
    const Q8Vector x(x_, token);
    const Q8Vector z(x_, token + Tile::kTokens - 1);
    VF x0 = hn::Zero(df);
    VF x1 = hn::Zero(df);
    VF x2 = hn::Zero(df);
    VF x3 = hn::Zero(df);
    VF z0 = hn::Zero(df);
    VF z1 = hn::Zero(df);
    VF z2 = hn::Zero(df);
    VF z3 = hn::Zero(df);
    const size_t blocks = x_.cols / kQ8BlockSize;
    for (size_t b = 0; b < blocks; ++b, row += kQ8BlockBytes) {
      if constexpr (Tile::kFirst) {
        for (size_t r = 4; r < 8; ++r) hwy::Prefetch(row + r * row_bytes_);
      }
      const int8_t* HWY_RESTRICT a = x.quants + b * kQ8BlockSize;
      const VF scale = hn::Set(df, x.scales[b]);
      const VI start = QuadStartSumOfLanes(di, x.sums + b);
      x0 = AddBlock(row, a, scale, start, x0);
      x1 = AddBlock(row + row_bytes_, a, scale, start, x1);
      x2 = AddBlock(row + 2 * row_bytes_, a, scale, start, x2);
      x3 = AddBlock(row + 3 * row_bytes_, a, scale, start, x3);
      if constexpr (Tile::kTokens > 1) {
        const int8_t* HWY_RESTRICT c = z.quants + b * kQ8BlockSize;
        const VF z_scale = hn::Set(df, z.scales[b]);
        const VI z_start = QuadStartSumOfLanes(di, z.sums + b);
        z0 = AddBlock(row, c, z_scale, z_start, z0);
        z1 = AddBlock(row + row_bytes_, c, z_scale, z_start, z1);
        z2 = AddBlock(row + 2 * row_bytes_, c, z_scale, z_start, z2);
        z3 = AddBlock(row + 3 * row_bytes_, c, z_scale, z_start, z3);
      }
    }
    StoreSums(df, x0, x1, x2, x3, y_[token] + first_row);
    if constexpr (Tile::kTokens > 1) {
      StoreSums(df, z0, z1, z2, z3, y_[token + 1] + first_row);
    }
  }

  // The same additions in the same order: how rows are grouped does not show
  // in the result.
  void OneRow(size_t row, size_t token) const {
    const DI di;
    const DF df;
    const uint8_t* HWY_RESTRICT block = data_ + row * row_bytes_;
    const Q8Vector x(x_, token);
    VF sum = hn::Zero(df);
    const size_t blocks = x_.cols / kQ8BlockSize;
    for (size_t b = 0; b < blocks; ++b, block += kQ8BlockBytes) {
      sum =
          AddBlock(block, x.quants + b * kQ8BlockSize, hn::Set(df, x.scales[b]),
                   QuadStartSumOfLanes(di, x.sums + b), sum);
    }
    y_[token][row] = hn::ReduceSum(df, sum);
  }

 private:
  const uint8_t* data_;
  size_t row_bytes_;
  const ActivationView& x_;
  float* const* y_;
};

void MatVecQ8T(const WeightView& w, size_t row_begin, size_t row_end,
               const ActivationView& x, float* const* y) {
  MultiplyRows(Q8Kernel(w, x, y), row_begin, row_end, x.tokens);
}

#endif  // HWY_TARGET

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(MatVecQ8T);

void MatVecQ8(const WeightView& w, size_t row_begin, size_t row_end,
              const ActivationView& x, float* const* y) {
  HWY_DASSERT(w.type == WeightType::kQ8_0);
  HWY_DYNAMIC_DISPATCH(MatVecQ8T)(w, row_begin, row_end, x, y);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
