// SPDX-License-Identifier: Apache-2.0
// Q6_K: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 int8 scales, a
// binary16 factor; factor * scale * (q - 32). For each 128 elements: parts 0
// and 1 are low nibbles of 64 bytes, 2 and 3 the high ones.
#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quant/q6_k.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/quant/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

struct Q6_K {
  static constexpr WeightType kType = WeightType::kQ6_K;
  static constexpr size_t kScaleElements = 16;
  static constexpr bool kHasMinima = false;
  static constexpr bool kIsSigned = false;
  static constexpr int kOffset = 32;
  static constexpr int kRawMax = 63;

  static HWY_INLINE void Scales(const uint8_t* HWY_RESTRICT block,
                                float* HWY_RESTRICT scales, float*) {
    const void* packed = block + 192;
    StoreScaled<16>(static_cast<const int8_t*>(packed), 0.0f,
                    LoadHalf(block + 208), scales);
  }

  template <size_t kPart, class D8>
  static HWY_INLINE hn::Vec<D8> Raw(D8 d8, const uint8_t* HWY_RESTRICT block,
                                    size_t i) {
    const hn::RebindToUnsigned<D8> du8;
    constexpr size_t kQuarter = kPart % 4;
    const auto low =
        hn::LoadU(du8, block + kPart / 4 * 64 + kQuarter % 2 * 32 + i);
    const auto high = hn::LoadU(du8, block + 128 + kPart / 4 * 32 + i);
    return hn::BitCast(d8, hn::Or(MoveBits<4 * (kQuarter / 2), 0, 15>(low),
                                  MoveBits<2 * kQuarter, 4, 3>(high)));
  }

  template <size_t kPair, class D8>
  static HWY_INLINE hn::Vec<D8> RawPair(D8 d8,
                                        const uint8_t* HWY_RESTRICT block) {
    const hn::RebindToUnsigned<D8> du8;
    constexpr int kQuarter = 2 * static_cast<int>(kPair % 2);
    const auto low = hn::LoadU(du8, block + kPair / 2 * 64);
    const auto high = ShiftHalvesRight<2 * kQuarter - 4, 2 * kQuarter - 2>(
        LoadTwice(du8, block + 128 + kPair / 2 * 32));
    return hn::BitCast(d8, hn::OrAnd(MoveBits<2 * kQuarter, 0, 15>(low), high,
                                     hn::Set(du8, uint8_t{48})));
  }
};

KRAIT_QUANT_KERNELS(Q6_K);

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {
KRAIT_EXPORT_QUANT_KERNELS(Q6_K)
}  // namespace krait::simd
#endif  // HWY_ONCE
