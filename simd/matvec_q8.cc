// SPDX-License-Identifier: Apache-2.0
// kQ8_0 weights times one kQ8 vector, straight from the file's 34-byte blocks.
// Decoding is bound by memory: four rows at a time share the loads of the
// activations and give the core independent work while weights arrive.
#include "simd/matmul_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/matvec_q8.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "simd/convert-inl.h"
#include "simd/q8-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

float RowDot(const uint8_t* row, const ActivationView& x) {
  float sum = 0.0f;
  for (size_t b = 0; b < x.cols / kQ8BlockSize; ++b, row += kQ8BlockBytes) {
    const int8_t* w = BlockQuants(row);
    const int8_t* a = x.q8 + b * kQ8BlockSize;
    int32_t dot = 0;
    for (size_t i = 0; i < kQ8BlockSize; ++i) dot += w[i] * a[i];
    const hn::CappedTag<float, 1> d1;
    const float scale = hn::GetLane(BlockScale(d1, row));
    sum += static_cast<float>(dot) * (scale * x.scales[b]);
  }
  return sum;
}

void MatVecQ8T(const WeightView& w, size_t row_begin, size_t row_end,
               const ActivationView& x, float* HWY_RESTRICT y) {
  const size_t row_bytes = RowBytes(WeightType::kQ8_0, w.cols);
  const auto* data = static_cast<const uint8_t*>(w.data);
  for (size_t r = row_begin; r < row_end; ++r) {
    y[r] = RowDot(data + r * row_bytes, x);
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

// y[0..3] = rows `row`, `row` + `row_bytes`, ... The next four are prefetched:
// the hardware's streams end with each row or page (+40 % at 3352x768, and from
// DRAM).
void FourRows(const uint8_t* HWY_RESTRICT row, size_t row_bytes,
              const ActivationView& x, float* HWY_RESTRICT y) {
  const DI di;
  const DF df;
  VF sum0 = hn::Zero(df);
  VF sum1 = hn::Zero(df);
  VF sum2 = hn::Zero(df);
  VF sum3 = hn::Zero(df);
  const size_t blocks = x.cols / kQ8BlockSize;
  for (size_t b = 0; b < blocks; ++b, row += kQ8BlockBytes) {
    for (size_t r = 4; r < 8; ++r) hwy::Prefetch(row + r * row_bytes);
    const int8_t* HWY_RESTRICT a = x.q8 + b * kQ8BlockSize;
    const VF scale = hn::Set(df, x.scales[b]);
    const VI start = QuadStartSumOfLanes(di, x.sums + b);
    sum0 = AddBlock(row, a, scale, start, sum0);
    sum1 = AddBlock(row + row_bytes, a, scale, start, sum1);
    sum2 = AddBlock(row + 2 * row_bytes, a, scale, start, sum2);
    sum3 = AddBlock(row + 3 * row_bytes, a, scale, start, sum3);
  }
  y[0] = hn::ReduceSum(df, sum0);
  y[1] = hn::ReduceSum(df, sum1);
  y[2] = hn::ReduceSum(df, sum2);
  y[3] = hn::ReduceSum(df, sum3);
}

// The same additions in the same order: how rows are grouped does not show in
// the result.
float OneRow(const uint8_t* HWY_RESTRICT row, const ActivationView& x) {
  const DI di;
  const DF df;
  VF sum = hn::Zero(df);
  for (size_t b = 0; b < x.cols / kQ8BlockSize; ++b, row += kQ8BlockBytes) {
    sum = AddBlock(row, x.q8 + b * kQ8BlockSize, hn::Set(df, x.scales[b]),
                   QuadStartSumOfLanes(di, x.sums + b), sum);
  }
  return hn::ReduceSum(df, sum);
}

void MatVecQ8T(const WeightView& w, size_t row_begin, size_t row_end,
               const ActivationView& x, float* HWY_RESTRICT y) {
  const size_t row_bytes = RowBytes(WeightType::kQ8_0, w.cols);
  const auto* data = static_cast<const uint8_t*>(w.data);
  size_t r = row_begin;
  for (; r + 4 <= row_end; r += 4) {
    FourRows(data + r * row_bytes, row_bytes, x, y + r);
  }
  for (; r < row_end; ++r) y[r] = OneRow(data + r * row_bytes, x);
}

#endif  // HWY_TARGET

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(MatVecQ8T);

void MatVecQ8(const WeightView& w, size_t row_begin, size_t row_end,
              const ActivationView& x, float* y) {
  HWY_DASSERT(w.type == WeightType::kQ8_0);
  HWY_DYNAMIC_DISPATCH(MatVecQ8T)(w, row_begin, row_end, x, y);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
