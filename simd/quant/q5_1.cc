// SPDX-License-Identifier: Apache-2.0
// Q5_1: binary16 scale and addend, 32 fifth bits, 16 bytes of nibbles;
// scale * q + addend.
#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quant/q5_1.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/quant/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

struct Q5_1 {
  static constexpr WeightType kType = WeightType::kQ5_1;
  static constexpr size_t kScaleElements = 32;
  static constexpr bool kHasMinima = true;
  static constexpr bool kIsSigned = false;
  static constexpr size_t kScaleAt = 0;
  static constexpr size_t kAddendAt = 2;
  static constexpr int kOffset = 0;
  static constexpr int kRawMax = 31;

  template <size_t kPart, class D8>
  static HWY_INLINE hn::Vec<D8> Raw(D8 d8, const uint8_t* HWY_RESTRICT block,
                                    size_t i) {
    const hn::RebindToUnsigned<D8> du8;
    return hn::BitCast(
        d8, hn::Or(Nibbles(du8, block + 8, i), FifthBits(du8, block + 4, i)));
  }

#if HWY_TARGET != HWY_SCALAR
  template <class D8>
  static HWY_INLINE hn::Vec<D8> RawTwo(D8 d8, const uint8_t* HWY_RESTRICT first,
                                       const uint8_t* HWY_RESTRICT second) {
    const hn::RebindToUnsigned<D8> du8;
    return hn::BitCast(d8, hn::Or(NibblesOfTwo(du8, first + 8, second + 8),
                                  FifthBitsOfTwo(du8, first + 4, second + 4)));
  }
#endif
};

KRAIT_QUANT_KERNELS(Q5_1);

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {
KRAIT_EXPORT_QUANT_KERNELS(Q5_1)
}  // namespace krait::simd
#endif  // HWY_ONCE
