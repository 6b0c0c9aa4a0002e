// SPDX-License-Identifier: Apache-2.0
#include "simd/weights.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/weights.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/convert-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

template <typename T>
void ExpandFloats(const T* HWY_RESTRICT in, size_t cols,
                  float* HWY_RESTRICT out) {
  const hn::ScalableTag<float> df;
  const size_t N = hn::Lanes(df);
  size_t i = 0;
  for (; i + N <= cols; i += N) hn::StoreU(LoadF32(df, in + i), df, out + i);
  if (i < cols)
    hn::StoreN(LoadF32N(df, in + i, cols - i), df, out + i, cols - i);
}

void ExpandQ8(const uint8_t* HWY_RESTRICT row, size_t cols,
              float* HWY_RESTRICT out) {
  const hn::CappedTag<float, 16> df;  // divides the block
  const hn::Rebind<int8_t, decltype(df)> di8;
  const hn::Rebind<int32_t, decltype(df)> di32;
  for (size_t i = 0; i < cols; i += kQ8BlockSize, row += kQ8BlockBytes) {
    const auto scale = BlockScale(df, row);
    const int8_t* quants = BlockQuants(row);
    for (size_t j = 0; j < kQ8BlockSize; j += hn::Lanes(df)) {
      const auto q = hn::PromoteTo(di32, hn::LoadU(di8, quants + j));
      hn::StoreU(hn::Mul(hn::ConvertTo(df, q), scale), df, out + i + j);
    }
  }
}

void ExpandRowT(const WeightView& w, size_t row, float* out) {
  const uint8_t* bytes =
      static_cast<const uint8_t*>(w.data) + row * RowBytes(w.type, w.cols);
  const void* data = bytes;
  switch (w.type) {
    case WeightType::kF32:
      std::memcpy(out, data, w.cols * sizeof(float));
      break;
    case WeightType::kF16:
      ExpandFloats(static_cast<const hwy::float16_t*>(data), w.cols, out);
      break;
    case WeightType::kBF16:
      ExpandFloats(static_cast<const hwy::bfloat16_t*>(data), w.cols, out);
      break;
    case WeightType::kQ8_0:
      ExpandQ8(bytes, w.cols, out);
      break;
  }
}

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(ExpandRowT);

size_t RowBytes(WeightType type, size_t cols) {
  switch (type) {
    case WeightType::kF32:
      return cols * 4;
    case WeightType::kF16:
    case WeightType::kBF16:
      return cols * 2;
    case WeightType::kQ8_0:
      HWY_DASSERT(cols % kQ8BlockSize == 0);
      return cols / kQ8BlockSize * kQ8BlockBytes;
  }
  return 0;
}

void ExpandRow(const WeightView& w, size_t row, float* out) {
  HWY_DASSERT(row < w.rows);
  HWY_DYNAMIC_DISPATCH(ExpandRowT)(w, row, out);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
