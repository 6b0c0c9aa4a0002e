// SPDX-License-Identifier: Apache-2.0
// Q5_K: as Q4_K, with 32 bytes of fifth bits before the nibbles: bit p of a
// byte belongs to part p.
#ifndef KRAIT_SIMD_UNIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quant/q5_k.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#endif
// After foreach_target.h, which sets HWY_TARGET for them.
#include "hwy/highway.h"
#include "simd/quant/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace {

struct Q5_K {
  static constexpr WeightType kType = WeightType::kQ5_K;
  static constexpr size_t kScaleElements = 32;
  static constexpr bool kHasMinima = true;
  static constexpr bool kIsSigned = false;
  static constexpr int kOffset = 0;
  static constexpr int kRawMax = 31;

  static HWY_INLINE void Scales(const uint8_t* HWY_RESTRICT block,
                                float* HWY_RESTRICT scales,
                                float* HWY_RESTRICT minima) {
    StoreSixBitScales(block, scales, minima);
  }

  template <size_t kPart, class D8>
  static HWY_INLINE hn::Vec<D8> Raw(D8 d8, const uint8_t* HWY_RESTRICT block,
                                    size_t i) {
    const hn::RebindToUnsigned<D8> du8;
    const auto low = hn::LoadU(du8, block + 48 + kPart / 2 * 32 + i);
    const auto high = hn::LoadU(du8, block + 16 + i);
    return hn::BitCast(d8, hn::Or(MoveBits<4 * (kPart % 2), 0, 15>(low),
                                  MoveBits<kPart, 4, 1>(high)));
  }

  template <size_t kPair, class D8>
  static HWY_INLINE hn::Vec<D8> RawPair(D8 d8,
                                        const uint8_t* HWY_RESTRICT block) {
    const hn::RebindToUnsigned<D8> du8;
    constexpr int kPart = 2 * static_cast<int>(kPair);
    const auto bytes = LoadTwice(du8, block + 48 + kPair * 32);
    const auto low =
        hn::And(ShiftHalvesRight<0, 4>(bytes), hn::Set(du8, uint8_t{15}));
    const auto high =
        ShiftHalvesRight<kPart - 4, kPart - 3>(LoadTwice(du8, block + 16));
    return hn::BitCast(d8, hn::OrAnd(low, high, hn::Set(du8, uint8_t{16})));
  }
};

KRAIT_QUANT_KERNELS(Q5_K);

}  // namespace
}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace krait::simd {
KRAIT_EXPORT_QUANT_KERNELS(Q5_K)
}  // namespace krait::simd
#endif  // HWY_ONCE
