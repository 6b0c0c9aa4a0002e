// SPDX-License-Identifier: Apache-2.0
// IQ4_NL: binary16 scale, 16 bytes of nibbles that choose an uneven value.
#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quant/iq4_nl.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/quant/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

struct IQ4_NL {
  static constexpr WeightType kType = WeightType::kIQ4_NL;
  static constexpr size_t kScaleElements = 32;
  static constexpr bool kHasMinima = false;
  static constexpr bool kIsSigned = true;
  static constexpr size_t kScaleAt = 0;
  static constexpr int kOffset = 0;
  static constexpr int kRawMax = 0;

  template <size_t kPart, class D8>
  static HWY_INLINE hn::Vec<D8> Raw(D8 d8, const uint8_t* HWY_RESTRICT block,
                                    size_t i) {
    return UnevenNibbles(d8, block + 2, i);
  }

#if HWY_TARGET != HWY_SCALAR
  template <class D8>
  static HWY_INLINE hn::Vec<D8> RawTwo(D8 d8, const uint8_t* HWY_RESTRICT first,
                                       const uint8_t* HWY_RESTRICT second) {
    const hn::RebindToUnsigned<D8> du8;
    return UnevenValues(d8, NibblesOfTwo(du8, first + 2, second + 2));
  }
#endif
};

KRAIT_QUANT_KERNELS(IQ4_NL);

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {
KRAIT_EXPORT_QUANT_KERNELS(IQ4_NL)
}  // namespace krait::simd
#endif  // HWY_ONCE
