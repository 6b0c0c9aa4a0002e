// SPDX-License-Identifier: Apache-2.0
// Q3_K: 32 bytes of third bits, 64 bytes of the two low bits, 12 bytes of 6-bit
// scales, a binary16 factor; factor * (scale - 32) * (q - 4). A byte's bits
// belong to elements that are 32 apart.
#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quant/q3_k.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/quant/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

struct Q3_K {
  static constexpr WeightType kType = WeightType::kQ3_K;
  static constexpr size_t kScaleElements = 16;
  static constexpr bool kHasMinima = false;
  static constexpr bool kIsSigned = false;
  static constexpr int kOffset = 4;
  static constexpr int kRawMax = 7;

  static HWY_INLINE void Scales(const uint8_t* HWY_RESTRICT block,
                                float* HWY_RESTRICT scales, float*) {
    // The low four bits of scale j and j + 8 share a byte; the high two are in
    // byte 8 + j % 4.
    constexpr uint64_t kLow = 0x0f0f0f0f0f0f0f0f;
    const auto low = LoadBytes<uint64_t>(block + 96);
    const uint64_t high = LoadBytes<uint32_t>(block + 104);
    const auto pairs = [high](int shift) {
      return ((high >> shift & 0x03030303) | (high >> (shift + 2) & 0x03030303)
                                                 << 32)
             << 4;
    };
    StoreScaledWords({(low & kLow) | pairs(0), (low >> 4 & kLow) | pairs(4)},
                     32.0f, LoadHalf(block + 108), scales);
  }

  template <size_t kPart, class D8>
  static HWY_INLINE hn::Vec<D8> Raw(D8 d8, const uint8_t* HWY_RESTRICT block,
                                    size_t i) {
    const hn::RebindToUnsigned<D8> du8;
    const auto low = hn::LoadU(du8, block + 32 + kPart / 4 * 32 + i);
    const auto high = hn::LoadU(du8, block + i);
    return hn::BitCast(d8, hn::Or(MoveBits<2 * (kPart % 4), 0, 3>(low),
                                  MoveBits<kPart, 2, 1>(high)));
  }

  template <size_t kPair, class D8>
  static HWY_INLINE hn::Vec<D8> RawPair(D8 d8,
                                        const uint8_t* HWY_RESTRICT block) {
    const hn::RebindToUnsigned<D8> du8;
    constexpr int kFirst = 4 * static_cast<int>(kPair % 2);
    constexpr int kPart = 2 * static_cast<int>(kPair);
    const auto bytes = LoadTwice(du8, block + 32 + kPair / 2 * 32);
    const auto low = hn::And(ShiftHalvesRight<kFirst, kFirst + 2>(bytes),
                             hn::Set(du8, uint8_t{3}));
    const auto high =
        ShiftHalvesRight<kPart - 2, kPart - 1>(LoadTwice(du8, block));
    return hn::BitCast(d8, hn::OrAnd(low, high, hn::Set(du8, uint8_t{4})));
  }
};

KRAIT_QUANT_KERNELS(Q3_K);

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {
KRAIT_EXPORT_QUANT_KERNELS(Q3_K)
}  // namespace krait::simd
#endif  // HWY_ONCE
