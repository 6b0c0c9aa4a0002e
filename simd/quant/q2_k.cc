// SPDX-License-Identifier: Apache-2.0
// Q2_K: 16 bytes of 4-bit scales (low) and minima (high), 64 bytes of 2-bit
// quants, binary16 factors of the scales and of the minima. A byte's bit pairs
// belong to elements that are 32 apart.
#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quant/q2_k.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/quant/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

struct Q2_K {
  static constexpr WeightType kType = WeightType::kQ2_K;
  static constexpr size_t kScaleElements = 16;
  static constexpr bool kHasMinima = true;
  static constexpr bool kIsSigned = false;
  static constexpr int kOffset = 0;
  static constexpr int kRawMax = 3;

  static HWY_INLINE void Scales(const uint8_t* HWY_RESTRICT block,
                                float* HWY_RESTRICT scales,
                                float* HWY_RESTRICT minima) {
    const uint64_t packed[2] = {LoadBytes<uint64_t>(block),
                                LoadBytes<uint64_t>(block + 8)};
    constexpr uint64_t kLow = 0x0f0f0f0f0f0f0f0f;
    StoreScaledWords({packed[0] & kLow, packed[1] & kLow}, 0.0f,
                     LoadHalf(block + 80), scales);
    StoreScaledWords({packed[0] >> 4 & kLow, packed[1] >> 4 & kLow}, 0.0f,
                     LoadHalf(block + 82), minima);
  }

  template <size_t kPart, class D8>
  static HWY_INLINE hn::Vec<D8> Raw(D8 d8, const uint8_t* HWY_RESTRICT block,
                                    size_t i) {
    const hn::RebindToUnsigned<D8> du8;
    const uint8_t* quants = block + 16 + kPart / 4 * 32 + i;
    return hn::BitCast(d8,
                       MoveBits<2 * (kPart % 4), 0, 3>(hn::LoadU(du8, quants)));
  }

  template <size_t kPair, class D8>
  static HWY_INLINE hn::Vec<D8> RawPair(D8 d8,
                                        const uint8_t* HWY_RESTRICT block) {
    const hn::RebindToUnsigned<D8> du8;
    constexpr int kFirst = 4 * static_cast<int>(kPair % 2);
    const auto bytes = LoadTwice(du8, block + 16 + kPair / 2 * 32);
    return hn::BitCast(d8, hn::And(ShiftHalvesRight<kFirst, kFirst + 2>(bytes),
                                   hn::Set(du8, uint8_t{3})));
  }
};

KRAIT_QUANT_KERNELS(Q2_K);

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {
KRAIT_EXPORT_QUANT_KERNELS(Q2_K)
}  // namespace krait::simd
#endif  // HWY_ONCE
