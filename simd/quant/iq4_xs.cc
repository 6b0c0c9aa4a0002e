// SPDX-License-Identifier: Apache-2.0
// IQ4_XS: a binary16 factor, eight 6-bit scales (high pairs in 2 bytes, low
// nibbles in 4), 8 x 16 bytes of nibbles that choose an uneven value.
#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quant/iq4_xs.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/quant/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

struct IQ4_XS {
  static constexpr WeightType kType = WeightType::kIQ4_XS;
  static constexpr size_t kScaleElements = 32;
  static constexpr bool kHasMinima = false;
  static constexpr bool kIsSigned = true;
  static constexpr int kOffset = 0;
  static constexpr int kRawMax = 0;

  static HWY_INLINE void Scales(const uint8_t* HWY_RESTRICT block,
                                float* HWY_RESTRICT scales, float*) {
    uint64_t low = LoadBytes<uint32_t>(block + 4);  // a nibble to each byte
    low = (low | low << 16) & 0x0000ffff0000ffff;
    low = (low | low << 8) & 0x00ff00ff00ff00ff;
    low = (low | low << 4) & 0x0f0f0f0f0f0f0f0f;
    uint64_t high = LoadBytes<uint16_t>(block + 2);  // a pair to each byte
    high = (high | high << 24) & 0x000000ff000000ff;
    high = (high | high << 12) & 0x000f000f000f000f;
    high = (high | high << 6) & 0x0303030303030303;
    StoreScaledWords({low | high << 4}, 32.0f, LoadHalf(block), scales);
  }

  template <size_t kPart, class D8>
  static HWY_INLINE hn::Vec<D8> Raw(D8 d8, const uint8_t* HWY_RESTRICT block,
                                    size_t i) {
    return UnevenNibbles(d8, block + 8 + kPart * 16, i);
  }
};

KRAIT_QUANT_KERNELS(IQ4_XS);

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {
KRAIT_EXPORT_QUANT_KERNELS(IQ4_XS)
}  // namespace krait::simd
#endif  // HWY_ONCE
