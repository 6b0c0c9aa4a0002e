// SPDX-License-Identifier: Apache-2.0
// Q8_0: binary16 scale, 32 int8; scale * q.
#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quant/q8_0.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/quant/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

struct Q8_0 {
  static constexpr WeightType kType = WeightType::kQ8_0;
  static constexpr size_t kScaleElements = 32;
  static constexpr bool kHasMinima = false;
  static constexpr bool kIsSigned = true;
  static constexpr size_t kScaleAt = 0;
  static constexpr int kOffset = 0;
  static constexpr int kRawMax = 0;

  template <size_t kPart, class D8>
  static HWY_INLINE hn::Vec<D8> Raw(D8 d8, const uint8_t* HWY_RESTRICT block,
                                    size_t i) {
    const void* quants = block + 2 + i;
    return hn::LoadU(d8, static_cast<const int8_t*>(quants));
  }
};

KRAIT_QUANT_KERNELS(Q8_0);

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {
KRAIT_EXPORT_QUANT_KERNELS(Q8_0)
}  // namespace krait::simd
#endif  // HWY_ONCE
