// SPDX-License-Identifier: Apache-2.0
// What the formats' files have in common: packed bits to bytes, packed scales
// to float32.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_QUANT_BITS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_QUANT_BITS_INL_H_
#undef KRAIT_SIMD_QUANT_BITS_INL_H_
#else
#define KRAIT_SIMD_QUANT_BITS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "simd/convert-inl.h"

// SVE's vectors cannot be in arrays or structs, whether or not their size is
// known.
#undef KRAIT_SIZELESS_VECTORS
#define KRAIT_SIZELESS_VECTORS (HWY_HAVE_SCALABLE || HWY_TARGET_IS_SVE)

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Returns the number whose bytes, little endian and not aligned, are at `p`.
template <typename T>
HWY_INLINE T LoadBytes(const uint8_t* HWY_RESTRICT p) {
  T value;
  std::memcpy(&value, p, sizeof(value));
  return value;
}

// Returns the binary16 number at `p`.
HWY_INLINE float LoadHalf(const uint8_t* HWY_RESTRICT p) {
  const hn::CappedTag<float, 1> d1;
  return hn::GetLane(BlockScale(d1, p));
}

// Writes `count` binary16 numbers that are `stride` bytes apart in float32, and
// zeros behind them: eight in all. They are put together in registers: what is
// stored in pieces waits to be loaded.
HWY_INLINE void StoreHalves(const uint8_t* HWY_RESTRICT p, size_t stride,
                            size_t count, float* HWY_RESTRICT out) {
#if HWY_TARGET == HWY_SCALAR
  for (size_t i = 0; i < 8; ++i) {
    out[i] = i < count ? LoadHalf(p + i * stride) : 0.0f;
  }
#else
  const auto four = [p, stride, count](size_t first) {
    uint64_t bits = 0;
    for (size_t i = first; i < first + 4; ++i) {
      if (i >= count) break;
      bits |= uint64_t{LoadBytes<uint16_t>(p + i * stride)} << 16 * (i - first);
    }
    return bits;
  };
  const hn::FixedTag<uint64_t, 2> d64;
  const hn::FixedTag<uint16_t, 8> d16;
  const auto all = hn::BitCast(
      d16,
      hn::InterleaveLower(d64, hn::Set(d64, four(0)), hn::Set(d64, four(4))));
#if HWY_MAX_BYTES >= 32 && !KRAIT_SIZELESS_VECTORS
  const hn::FixedTag<float, 8> df;
  hn::StoreU(
      ToF32(df, hn::BitCast(hn::Rebind<hwy::float16_t, decltype(df)>(), all)),
      df, out);
#else
  const hn::FixedTag<float, 4> df;
  const hn::Rebind<hwy::float16_t, decltype(df)> df16;
  const hn::Half<decltype(d16)> dh;
  hn::StoreU(ToF32(df, hn::BitCast(df16, hn::LowerHalf(dh, all))), df, out);
  hn::StoreU(ToF32(df, hn::BitCast(df16, hn::UpperHalf(dh, all))), df, out + 4);
#endif
#endif
}

// Returns ((v >> kFrom) & kMask) << kTo in each byte.
template <int kFrom, int kTo, uint8_t kMask, class V>
HWY_INLINE V MoveBits(V v) {
  const hn::DFromV<V> du8;
  constexpr auto kMoved = static_cast<uint8_t>(kMask << kTo);
#if HWY_TARGET == HWY_SCALAR
  const hn::DFromV<V> d;
#else  // no instruction shifts bytes; the mask drops what came from next door
  const hn::RepartitionToWide<decltype(du8)> d;
#endif
  const auto from = hn::BitCast(d, v);
  if constexpr (kFrom > kTo) {
    v = hn::BitCast(du8, hn::ShiftRight<kFrom - kTo>(from));
  } else if constexpr (kTo > kFrom) {
    v = hn::BitCast(du8, hn::ShiftLeft<kTo - kFrom>(from));
  }
  return hn::And(v, hn::Set(du8, kMoved));
}

#if HWY_TARGET != HWY_SCALAR

// Shifts the bits of each half of a vector by a count of its own, right if that
// is positive; a mask is to drop what comes from the next byte.
template <int kLower, int kUpper, class V>
HWY_INLINE V ShiftHalvesRight(V v) {
  static_assert(kLower * kUpper >= 0);
  const hn::DFromV<V> d;
  const hn::Repartition<uint32_t, decltype(d)> d32;
  const auto counts = [&](int lower, int upper) HWY_ATTR {
    return hn::ConcatUpperLower(d32, hn::Set(d32, static_cast<uint32_t>(upper)),
                                hn::Set(d32, static_cast<uint32_t>(lower)));
  };
  const auto bits = hn::BitCast(d32, v);
  if constexpr (kLower < 0 || kUpper < 0) {
    return hn::BitCast(d, hn::Shl(bits, counts(-kLower, -kUpper)));
  } else {
    return hn::BitCast(d, hn::Shr(bits, counts(kLower, kUpper)));
  }
}

// Returns the bytes at `p`, as many as half a vector has, in both halves. With
// AVX-512 a load alone does that, which Highway cannot say.
template <class DU8>
HWY_INLINE hn::Vec<DU8> LoadTwice(DU8 du8, const uint8_t* HWY_RESTRICT p) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  if constexpr (HWY_MAX_LANES_D(DU8) == 64) {
    const void* at = p;
    return hn::Vec<DU8>{_mm512_broadcast_i64x4(
        _mm256_loadu_si256(static_cast<const __m256i*>(at)))};
  }
#endif
  const hn::Half<DU8> dh;
  const auto half = hn::LoadU(dh, p);
  return hn::Combine(du8, half, half);
}

#endif  // HWY_TARGET

// Returns elements i.. of a block of 32 nibbles: the low ones of 16 bytes, then
// the high ones. A vector has 32 lanes, or 16, or 1.
template <class DU8>
HWY_INLINE hn::Vec<DU8> Nibbles(DU8 du8, const uint8_t* HWY_RESTRICT bytes,
                                size_t i) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (HWY_MAX_LANES_D(DU8) == 32) {
    const auto v = ShiftHalvesRight<0, 4>(hn::LoadDup128(du8, bytes));
    return hn::And(v, hn::Set(du8, uint8_t{15}));
  }
#endif
  const auto v = hn::LoadU(du8, bytes + i % 16);
  return i < 16 ? MoveBits<0, 0, 15>(v) : MoveBits<4, 0, 15>(v);
}

// Returns 16 where bit i.. of the 32 at `bits` is set, else 0. Eight bytes can
// be read from bits + 2.
template <class DU8>
HWY_INLINE hn::Vec<DU8> FifthBits(DU8 du8, const uint8_t* HWY_RESTRICT bits,
                                  size_t i) {
#if HWY_TARGET == HWY_SCALAR
  return hn::Set(du8, static_cast<uint8_t>((bits[i / 8] >> (i % 8) & 1) << 4));
#else
  return hn::IfThenElseZero(hn::LoadMaskBits(du8, bits + i / 8),
                            hn::Set(du8, uint8_t{16}));
#endif
}

#if HWY_TARGET != HWY_SCALAR

// The nibbles of two blocks, the second one's in the upper half. A vector has
// 64 lanes.
template <class DU8>
HWY_INLINE hn::Vec<DU8> NibblesOfTwo(DU8 du8, const uint8_t* HWY_RESTRICT first,
                                     const uint8_t* HWY_RESTRICT second) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  // Two loads, of which the second one fills half of what the first one filled;
  // Highway's vectors would be put together by a shuffle.
  const auto load = [](const void* at) HWY_ATTR {
    return _mm_loadu_si128(static_cast<const __m128i*>(at));
  };
  const hn::Repartition<uint32_t, DU8> d32;
  const hn::Vec<decltype(d32)> bytes{_mm512_mask_broadcast_i32x4(
      _mm512_broadcast_i32x4(load(first)), 0xff00, load(second))};
  alignas(64) static constexpr uint32_t kCounts[16] = {0, 0, 0, 0, 4, 4, 4, 4,
                                                       0, 0, 0, 0, 4, 4, 4, 4};
  const auto shifted = hn::Shr(bytes, hn::Load(d32, kCounts));
  return hn::And(hn::BitCast(du8, shifted), hn::Set(du8, uint8_t{15}));
#else
  const hn::Half<DU8> dh;
  return hn::Combine(du8, Nibbles(dh, second, 0), Nibbles(dh, first, 0));
#endif
}

// The same of fifth bits.
template <class DU8>
HWY_INLINE hn::Vec<DU8> FifthBitsOfTwo(DU8 du8,
                                       const uint8_t* HWY_RESTRICT first,
                                       const uint8_t* HWY_RESTRICT second) {
  const uint64_t words =
      LoadBytes<uint32_t>(first) | uint64_t{LoadBytes<uint32_t>(second)} << 32;
  uint8_t bits[sizeof(words)];
  std::memcpy(bits, &words, sizeof(words));
  return hn::IfThenElseZero(hn::LoadMaskBits(du8, bits),
                            hn::Set(du8, uint8_t{16}));
}

#endif  // HWY_TARGET

// Writes factor * (bytes - offset) to out, aligned; the bytes are in a vector
// of as many lanes as DF has.
template <class DF, class V8>
HWY_INLINE void StoreScaledVector(DF df, V8 bytes, float offset, float factor,
                                  float* HWY_RESTRICT out) {
  const auto ints = hn::PromoteTo(hn::Rebind<int32_t, DF>(), bytes);
  const auto scales = hn::Sub(hn::ConvertTo(df, ints), hn::Set(df, offset));
  hn::Store(hn::Mul(hn::Set(df, factor), scales), df, out);
}

// Writes factor * (bytes[i] - offset) to out[kCount], aligned; T is int8_t or
// uint8_t, kCount 8 or 16. In vectors of up to kCount, as they are read again.
template <size_t kCount, typename T>
HWY_INLINE void StoreScaled(const T* HWY_RESTRICT bytes, float offset,
                            float factor, float* HWY_RESTRICT out) {
  const hn::CappedTag<float, KRAIT_SIZELESS_VECTORS ? 4 : kCount> df;
  const hn::Rebind<T, decltype(df)> d8;
  for (size_t i = 0; i < kCount; i += hn::Lanes(df)) {
    StoreScaledVector(df, hn::LoadU(d8, bytes + i), offset, factor, out + i);
  }
}

// The same for bytes that were put together in registers: eight a word. Where
// vectors are long they stay there: what is stored in pieces waits to be
// loaded.
template <size_t kWords>
HWY_INLINE void StoreScaledWords(const uint64_t (&words)[kWords], float offset,
                                 float factor, float* HWY_RESTRICT out) {
#if HWY_MAX_BYTES >= 32 && !KRAIT_SIZELESS_VECTORS
  const hn::CappedTag<float, 8 * kWords> df;
  const hn::Rebind<uint8_t, decltype(df)> d8;
  constexpr size_t kAtOnce = HWY_MAX_LANES_D(decltype(df));
  if constexpr (kAtOnce == 16) {
    const hn::FixedTag<uint64_t, 2> d64;
    const auto all = hn::InterleaveLower(d64, hn::Set(d64, words[0]),
                                         hn::Set(d64, words[1]));
    StoreScaledVector(df, hn::BitCast(d8, all), offset, factor, out);
  } else {
    for (size_t i = 0; i < kWords; ++i) {
      const auto eight = hn::Set(hn::FixedTag<uint64_t, 1>(), words[i]);
      StoreScaledVector(df, hn::BitCast(d8, eight), offset, factor,
                        out + kAtOnce * i);
    }
  }
#else
  uint8_t bytes[8 * kWords];
  std::memcpy(bytes, words, sizeof(words));
  StoreScaled<8 * kWords>(bytes, offset, factor, out);
#endif
}

#if HWY_MAX_BYTES >= 32 && !KRAIT_SIZELESS_VECTORS

// Returns what StoreSixBitScales() unpacks: eight scales, then eight minima.
HWY_INLINE hn::Vec128<uint8_t> SixBitNumbers(hn::Vec128<uint8_t> block) {
  const hn::FixedTag<uint8_t, 16> d8;
  const hn::FixedTag<uint32_t, 4> d32;
  HWY_ALIGN static constexpr uint8_t kLow[16] = {4, 5, 6,  7,  12, 13, 14, 15,
                                                 8, 9, 10, 11, 12, 13, 14, 15};
  HWY_ALIGN static constexpr uint32_t kShifts[4] = {0, 0, 0, 4};
  HWY_ALIGN static constexpr uint32_t kMasks[4] = {0x3f3f3f3f, 0x0f0f0f0f,
                                                   0x3f3f3f3f, 0x0f0f0f0f};
  HWY_ALIGN static constexpr uint8_t kTop[16] = {
      128, 128, 128, 128, 4, 5, 6, 7, 128, 128, 128, 128, 8, 9, 10, 11};
  const auto bytes =
      hn::BitCast(d32, hn::TableLookupBytes(block, hn::Load(d8, kLow)));
  const auto low =
      hn::And(hn::Shr(bytes, hn::Load(d32, kShifts)), hn::Load(d32, kMasks));
  const auto top = hn::BitCast(
      d32, hn::TableLookupBytesOr0(block, hn::Load(d8, kTop)));  // 128: 0
  return hn::BitCast(d8, hn::OrAnd(low, hn::ShiftRight<2>(top),
                                   hn::Set(d32, uint32_t{0x30303030})));
}

#endif

#if HWY_TARGET == HWY_AVX2

// StoreSixBitScales() with as few instructions as there are for it, in vectors
// that need nothing from their other halves. A number is made 16 times as large
// by one product: of its byte and, for the last four, of the byte with its high
// pair.
HWY_INLINE void StoreSixBitScalesAvx2(const uint8_t* HWY_RESTRICT block,
                                      float* HWY_RESTRICT scales,
                                      float* HWY_RESTRICT minima) {
  const hn::FixedTag<float, 8> df;
  const hn::FixedTag<int32_t, 8> d32;
  const hn::FixedTag<uint8_t, 32> du8;
  const hn::FixedTag<int16_t, 16> d16;
  // Four scales, four minima, for both halves.
  HWY_ALIGN static constexpr uint8_t kBytes[32] = {
      4,  128, 5,  128, 6,  128, 7,  128, 8,  128, 9,  128, 10, 128, 11, 128,
      12, 4,   13, 5,   14, 6,   15, 7,   12, 8,   13, 9,   14, 10,  15, 11};
  HWY_ALIGN static constexpr uint8_t kMasks[32] = {
      0x3f, 0,    0x3f, 0,    0x3f, 0,    0x3f, 0,    0x3f, 0,    0x3f,
      0,    0x3f, 0,    0x3f, 0,    0x0f, 0xc0, 0x0f, 0xc0, 0x0f, 0xc0,
      0x0f, 0xc0, 0xf0, 0xc0, 0xf0, 0xc0, 0xf0, 0xc0, 0xf0, 0xc0};
  HWY_ALIGN static constexpr int8_t kFactors[32] = {
      16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0,
      16, 4, 16, 4, 16, 4, 16, 4, 1,  4, 1,  4, 1,  4, 1,  4};
  const auto bytes = hn::And(hn::TableLookupBytesOr0(hn::LoadDup128(du8, block),
                                                     hn::Load(du8, kBytes)),
                             hn::Load(du8, kMasks));
  const auto numbers = hn::SatWidenMulPairwiseAdd(
      d16, bytes, hn::Load(hn::FixedTag<int8_t, 32>(), kFactors));
  const auto zero = hn::Zero(d16);
  const auto first = hn::BitCast(d32, hn::InterleaveLower(d16, numbers, zero));
  const auto second = hn::BitCast(d32, hn::InterleaveUpper(d16, numbers, zero));
  // The factors of both, over 16: exact.
  const hn::FixedTag<float, 4> d4;
  const hn::FixedTag<hwy::float16_t, 4> d16x4;
  const void* halves = block;
  const auto two = hn::Mul(
      hn::PromoteTo(
          d4, hn::LoadU(d16x4, static_cast<const hwy::float16_t*>(halves))),
      hn::Set(d4, 1.0f / 16));
  const auto both =
      _mm256_castpd_ps(_mm256_broadcastsd_pd(_mm_castps_pd(two.raw)));
  const hn::Vec256<float> scale{_mm256_moveldup_ps(both)};
  const hn::Vec256<float> minimum{_mm256_movehdup_ps(both)};
  hn::Store(hn::Mul(scale, hn::ConvertTo(df, first)), df, scales);
  hn::Store(hn::Mul(minimum, hn::ConvertTo(df, second)), df, minima);
}

#endif

// The scales and minima of Q4_K and Q5_K: factors at bytes 0 and 2, then 12
// bytes with eight numbers of 6 bits each. Of the first four all bits are in
// one byte; the others have their low nibbles in the last four bytes, their
// high pairs on top of the first four's.
HWY_INLINE void StoreSixBitScales(const uint8_t* HWY_RESTRICT block,
                                  float* HWY_RESTRICT scales,
                                  float* HWY_RESTRICT minima) {
#if HWY_TARGET == HWY_AVX2
  StoreSixBitScalesAvx2(block, scales, minima);
#elif HWY_MAX_BYTES >= 32 && !KRAIT_SIZELESS_VECTORS
  const hn::FixedTag<float, 8> df;
  const auto numbers =
      SixBitNumbers(hn::LoadU(hn::FixedTag<uint8_t, 16>(), block));
  StoreScaledVector(df, hn::LowerHalf(numbers), 0.0f, LoadHalf(block), scales);
  StoreScaledVector(df, hn::UpperHalf(hn::FixedTag<uint8_t, 8>(), numbers),
                    0.0f, LoadHalf(block + 2), minima);
#else
  const uint64_t first = LoadBytes<uint32_t>(block + 4);
  const uint64_t second = LoadBytes<uint32_t>(block + 8);
  const uint64_t third = LoadBytes<uint32_t>(block + 12);
  const uint64_t scales_end = (third & 0x0f0f0f0f) | (first >> 2 & 0x30303030);
  const uint64_t minima_end =
      (third >> 4 & 0x0f0f0f0f) | (second >> 2 & 0x30303030);
  StoreScaledWords({(first & 0x3f3f3f3f) | scales_end << 32}, 0.0f,
                   LoadHalf(block), scales);
  StoreScaledWords({(second & 0x3f3f3f3f) | minima_end << 32}, 0.0f,
                   LoadHalf(block + 2), minima);
#endif
}

// The values that the nibbles of IQ4_NL and IQ4_XS choose from (ggml's table).
HWY_ALIGN constexpr int8_t kUnevenValues[16] = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// Returns the values that nibbles choose.
template <class D8>
HWY_INLINE hn::Vec<D8> UnevenValues(D8 d8,
                                    hn::Vec<hn::RebindToUnsigned<D8>> chosen) {
#if HWY_TARGET == HWY_SCALAR
  return hn::Set(d8, kUnevenValues[hn::GetLane(chosen)]);
#else
  return hn::TableLookupBytes(hn::LoadDup128(d8, kUnevenValues),
                              hn::BitCast(d8, chosen));
#endif
}

// Returns the chosen values i.. of 32.
template <class D8>
HWY_INLINE hn::Vec<D8> UnevenNibbles(D8 d8, const uint8_t* HWY_RESTRICT bytes,
                                     size_t i) {
  return UnevenValues(d8, Nibbles(hn::RebindToUnsigned<D8>(), bytes, i));
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
