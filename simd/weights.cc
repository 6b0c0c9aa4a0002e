// SPDX-License-Identifier: Apache-2.0
// The float formats' rows in float32.
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

void ExpandF16T(const void* row, size_t cols, float* out) {
  ExpandFloats(static_cast<const hwy::float16_t*>(row), cols, out);
}

void ExpandBF16T(const void* row, size_t cols, float* out) {
  ExpandFloats(static_cast<const hwy::bfloat16_t*>(row), cols, out);
}

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {

HWY_EXPORT(ExpandF16T);
HWY_EXPORT(ExpandBF16T);

void ExpandF32(const uint8_t* row, size_t cols, float* out) {
  std::memcpy(out, row, cols * sizeof(float));
}

void ExpandF16(const uint8_t* row, size_t cols, float* out) {
  HWY_DYNAMIC_DISPATCH(ExpandF16T)(row, cols, out);
}

void ExpandBF16(const uint8_t* row, size_t cols, float* out) {
  HWY_DYNAMIC_DISPATCH(ExpandBF16T)(row, cols, out);
}

}  // namespace krait::simd
#endif  // HWY_ONCE
