// SPDX-License-Identifier: Apache-2.0
// Rows of a quantised format times a few kQ8 vectors: MatVecs.
//
// A thread reads its rows one after the other, as they lie: one linear stream,
// which is what memory gives fastest (tests/bench/NOTES.md). Quants go from the
// file's bits to the product in registers. Two tokens go over a row together
// and share that; the next two find the row in the cache.
//
// The dot products of 32 (or 16) elements are exact in int32, in lanes of four.
// float32 carries them on: even and odd parts in two sums, which hides the
// latency of the additions, and in a third what minima and the offsets of
// unsigned quants take off, by the sums of the activations.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_QUANT_ROW_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_QUANT_ROW_PRODUCT_INL_H_
#undef KRAIT_SIMD_QUANT_ROW_PRODUCT_INL_H_
#else
#define KRAIT_SIMD_QUANT_ROW_PRODUCT_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "hwy/highway.h"
#include "simd/activations.h"
#include "simd/quant/blocks-inl.h"
#include "simd/quant/int8_dot-inl.h"
#include "simd/stream-inl.h"
#include "simd/weights.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// One token of a batch, from one of its blocks of 32 on.
struct Q8Token {
  HWY_INLINE Q8Token() {}
  HWY_INLINE Q8Token(const ActivationView& x, size_t token) {
    const size_t first = token * (x.cols / kQ8BlockSize);
    quants = x.q8 + token * x.cols;
    scales = x.scales + first;
    sums = x.sums + first;
    half_sums = x.half_sums + first;
  }
  HWY_INLINE void Advance(size_t blocks) {
    quants += blocks * kQ8BlockSize;
    scales += blocks;
    sums += blocks;
    half_sums += blocks;
  }

  const int8_t* HWY_RESTRICT quants = nullptr;
  const float* HWY_RESTRICT scales = nullptr;
  const int32_t* HWY_RESTRICT sums = nullptr;
  const int32_t* HWY_RESTRICT half_sums = nullptr;
};

// Blocks go by in groups of 256 elements, eight parts: a large block, or eight
// small ones. A Group has
//   Format
//   Scales(scales, minima)   of its parts
//   Raw<kPart>(i)            see blocks-inl.h
constexpr size_t kGroupParts = 8;

using GroupParts = std::make_index_sequence<kGroupParts>;

template <class Format>
struct GroupOf {
  static constexpr size_t kBlocks = kGroupParts / BlockOf<Format>::kParts;
  static constexpr size_t kBytes = kBlocks * BlockOf<Format>::kBytes;
  static constexpr size_t kScales = kBlocks * BlockOf<Format>::kScales;
  static constexpr size_t kElements = kGroupParts * kPartElements;
};

// A group in the file.
template <class FormatIn>
struct FileGroup {
  using Format = FormatIn;
  using Block = BlockOf<Format>;
  const uint8_t* HWY_RESTRICT bytes;

  HWY_INLINE void Scales(float* HWY_RESTRICT scales,
                         float* HWY_RESTRICT minima) const {
    if constexpr (Block::kParts == 1) {
      StoreHalves(bytes + Format::kScaleAt, Block::kBytes, scales);
      if constexpr (Format::kHasMinima) {
        StoreHalves(bytes + Format::kAddendAt, Block::kBytes, minima);
        const PartF df;
        for (size_t i = 0; i < kGroupParts; i += hn::Lanes(df)) {
          hn::StoreU(hn::Neg(hn::LoadU(df, minima + i)), df, minima + i);
        }
      }
    } else {
      Format::Scales(bytes, scales, minima);
    }
  }
  template <size_t kPart>
  HWY_INLINE hn::Vec<Part8> Raw(size_t i) const {
    constexpr size_t kInBlock = kPart % Block::kParts;
    return Format::template Raw<kInBlock>(
        Part8(), bytes + kPart / Block::kParts * Block::kBytes, i);
  }
};

// What a format's Raw() is above the quants when it meets the activations.
template <class Format>
constexpr int kRawOffset =
    Format::kIsSigned ? kPreparedOffset : Format::kOffset;

#if HWY_TARGET == HWY_SCALAR

// Returns raw * a over part kPart's elements [begin, end).
template <size_t kPart, class Group>
int32_t RawDot(const Group& group, const int8_t* HWY_RESTRICT a, size_t begin,
               size_t end) {
  int32_t dot = 0;
  for (size_t i = begin; i < end; ++i) {
    dot += hn::GetLane(group.template Raw<kPart>(i)) * a[i];
  }
  return dot;
}

template <size_t kPart, class Group, class Scales, class V>
void AddPart(const Group& group, const Scales& scales,
             const int8_t* HWY_RESTRICT a, V& sum) {
  const PartF df;
  a += kPart * kPartElements;
  constexpr size_t kFirst = Scales::kHalves ? 16 : 32;
  const int32_t first = RawDot<kPart>(group, a, 0, kFirst);
  sum = hn::MulAdd(hn::Set(df, static_cast<float>(first)),
                   hn::Set(df, scales.first[kPart]), sum);
  if constexpr (Scales::kHalves) {
    const int32_t second = RawDot<kPart>(group, a, 16, 32);
    sum = hn::MulAdd(hn::Set(df, static_cast<float>(second)),
                     hn::Set(df, scales.second[kPart]), sum);
  }
}

#else

// Returns acc + raw * a.
template <class Format, class V8>
HWY_INLINE hn::Vec<PartI> RawDot(V8 raw, const int8_t* HWY_RESTRICT a,
                                 hn::Vec<PartI> acc) {
  const auto activations = hn::LoadU(hn::DFromV<V8>(), a);
  if constexpr (Format::kIsSigned) {
    return QuadDot(PartI(), PrepareQuants(raw), activations, acc);
  } else {
    return UnsignedQuadDot(PartI(), raw, activations, acc);
  }
}

template <size_t kPart, class Group, class Scales>
HWY_INLINE void AddPart(const Group& group, const Scales& scales,
                        const int8_t* HWY_RESTRICT a, hn::Vec<PartF>& sum) {
  using Format = typename Group::Format;
  const PartI di;
  const PartF df;
  a += kPart * kPartElements;
  const auto zero = hn::Zero(di);
  auto dot = RawDot<Format>(group.template Raw<kPart>(0), a, zero);
  auto scale = hn::Set(df, scales.first[kPart]);
  if constexpr (kPartLanes == 32) {
    if constexpr (Scales::kHalves) {
      scale =
          hn::ConcatUpperLower(df, hn::Set(df, scales.second[kPart]), scale);
    }
  } else if constexpr (Scales::kHalves) {
    sum = hn::MulAdd(hn::ConvertTo(df, dot), scale, sum);
    dot = RawDot<Format>(group.template Raw<kPart>(16), a + 16, zero);
    scale = hn::Set(df, scales.second[kPart]);
  } else {
    dot = RawDot<Format>(group.template Raw<kPart>(16), a + 16, dot);
  }
  sum = hn::MulAdd(hn::ConvertTo(df, dot), scale, sum);
}

#endif  // HWY_TARGET

// Writes every second one of 16 numbers to `left`, the others to `right`.
HWY_INLINE void SplitHalves(const float* HWY_RESTRICT from,
                            float* HWY_RESTRICT left,
                            float* HWY_RESTRICT right) {
#if HWY_TARGET == HWY_SCALAR
  for (size_t i = 0; i < kGroupParts; ++i) {
    left[i] = from[2 * i];
    right[i] = from[2 * i + 1];
  }
#else
  const PartF df;
  for (size_t i = 0; i < kGroupParts; i += hn::Lanes(df)) {
    hn::Vec<PartF> even, odd;
    hn::LoadInterleaved2(df, from + 2 * i, even, odd);
    hn::StoreU(even, df, left + i);
    hn::StoreU(odd, df, right + i);
  }
#endif
}

// The numbers of a group: of a part's 32 elements, or of its halves.
template <class Format>
struct PartNumbers {
  static constexpr bool kHalves = Format::kScaleElements != kPartElements;

  HWY_INLINE PartNumbers() {}  // written before it is read

  HWY_INLINE void Read(const float* HWY_RESTRICT numbers) {
    if constexpr (kHalves) {
      SplitHalves(numbers, first, second);
    } else {
      std::copy_n(numbers, kGroupParts, first);
    }
  }

  HWY_ALIGN float first[kGroupParts];
  HWY_ALIGN float second[kHalves ? kGroupParts : 1];
};

// Adds to `taken` what minima and offsets take off: each times the sum of the
// activations that it meets.
template <class Format, class V>
HWY_INLINE void AddTaken(const PartNumbers<Format>& taken_each,
                         const Q8Token& x, V& taken) {
  const PartF df;
  const PartI di;
  for (size_t i = 0; i < kGroupParts; i += hn::Lanes(df)) {
    const auto sums = hn::LoadU(di, x.sums + i);
    const auto first = hn::LoadU(df, taken_each.first + i);
    if constexpr (PartNumbers<Format>::kHalves) {
      const auto half_sums = hn::LoadU(di, x.half_sums + i);
      const auto rest = hn::Sub(sums, half_sums);
      const auto second = hn::LoadU(df, taken_each.second + i);
      taken = hn::MulAdd(hn::ConvertTo(df, half_sums), first, taken);
      taken = hn::MulAdd(hn::ConvertTo(df, rest), second, taken);
    } else {
      taken = hn::MulAdd(hn::ConvertTo(df, sums), first, taken);
    }
  }
}

// numbers *= factors of the parts.
template <class Format>
HWY_INLINE void MultiplyParts(const float* HWY_RESTRICT factors,
                              PartNumbers<Format>& numbers) {
  const PartF df;
  for (size_t i = 0; i < kGroupParts; i += hn::Lanes(df)) {
    const auto factor = hn::LoadU(df, factors + i);
    const auto first = hn::LoadU(df, numbers.first + i);
    hn::StoreU(hn::Mul(first, factor), df, numbers.first + i);
    if constexpr (PartNumbers<Format>::kHalves) {
      const auto second = hn::LoadU(df, numbers.second + i);
      hn::StoreU(hn::Mul(second, factor), df, numbers.second + i);
    }
  }
}

// The sums of a row and a token.
template <class V>
struct RowSums {
  V& even;
  V& odd;
  V& taken;
};

// What a group's parts are multiplied with for one token; adds to `taken`.
// Offsets are left to the end: offset * (sum of scale * activations).
template <class Format, class V>
HWY_INLINE PartNumbers<Format> PartFactors(const float* HWY_RESTRICT scales,
                                           const float* HWY_RESTRICT minima,
                                           const Q8Token& x, V& taken) {
  PartNumbers<Format> numbers;
  if constexpr (Format::kHasMinima) {
    numbers.Read(minima);
    MultiplyParts<Format>(x.scales, numbers);
    AddTaken<Format>(numbers, x, taken);
  }
  numbers.Read(scales);
  MultiplyParts<Format>(x.scales, numbers);
  if constexpr (kRawOffset<Format> != 0) AddTaken<Format>(numbers, x, taken);
  return numbers;
}

// A group times one token, or two (kTokens), which then share what Raw() gives:
// a part of both is computed side by side.
template <size_t kTokens, class Group, class V, size_t... kPart>
HWY_INLINE void AddGroup(const Group& group, const Q8Token& x, const Q8Token& z,
                         const RowSums<V>& of_x, const RowSums<V>& of_z,
                         std::index_sequence<kPart...>) {
  using Format = typename Group::Format;
  HWY_ALIGN float scales[GroupOf<Format>::kScales];
  HWY_ALIGN float minima[GroupOf<Format>::kScales];
  group.Scales(scales, minima);
  const auto x_factors = PartFactors<Format>(scales, minima, x, of_x.taken);
  if constexpr (kTokens == 1) {
    (AddPart<kPart>(group, x_factors, x.quants,
                    kPart % 2 == 0 ? of_x.even : of_x.odd),
     ...);
  } else {
    const auto z_factors = PartFactors<Format>(scales, minima, z, of_z.taken);
    ((AddPart<kPart>(group, x_factors, x.quants,
                     kPart % 2 == 0 ? of_x.even : of_x.odd),
      AddPart<kPart>(group, z_factors, z.quants,
                     kPart % 2 == 0 ? of_z.even : of_z.odd)),
     ...);
  }
}

// The small blocks behind the last whole group: a group of them is made, with
// weights and activations of 0 behind them.
template <class Format>
struct Tail {
  HWY_INLINE Tail(const uint8_t* HWY_RESTRICT from, const Q8Token& x,
                  size_t blocks) {
    std::memcpy(bytes, from, blocks * BlockOf<Format>::kBytes);
    std::memset(bytes + blocks * BlockOf<Format>::kBytes, 0,
                (kGroupParts - blocks) * BlockOf<Format>::kBytes);
    std::fill(std::copy_n(x.quants, blocks * kQ8BlockSize, quants),
              quants + sizeof(quants), int8_t{0});
    std::fill(std::copy_n(x.scales, blocks, scales), scales + kGroupParts,
              0.0f);
    std::fill(std::copy_n(x.sums, blocks, sums), sums + kGroupParts, 0);
    token.quants = quants;
    token.scales = scales;
    token.sums = sums;
    token.half_sums = sums;  // small blocks have no halves
  }

  uint8_t bytes[GroupOf<Format>::kBytes];
  int8_t quants[GroupOf<Format>::kElements];
  float scales[kGroupParts];
  int32_t sums[kGroupParts];
  Q8Token token;
};

// Returns a row's sums as lanes that are still to be added.
template <class Format, class V>
HWY_INLINE V RowLanes(V even, V odd, V taken) {
  const PartF df;
  if constexpr (kRawOffset<Format> != 0) {
    taken = hn::Mul(taken, hn::Set(df, static_cast<float>(kRawOffset<Format>)));
  }
  return hn::Sub(hn::Add(even, odd), taken);
}

#if HWY_TARGET != HWY_SCALAR

using FourF = hn::CappedTag<float, 4>;

// A vector of eight lanes, or of four, as four that have its sum.
template <class V>
HWY_INLINE hn::Vec<FourF> FoldToFour(V v) {
  if constexpr (HWY_MAX_LANES_D(PartF) == 8) {
    const FourF d4;
    return hn::Add(hn::LowerHalf(d4, v), hn::UpperHalf(d4, v));
  } else {
    return v;
  }
}

// Adds neighbours: a's go to the lower half, b's to the upper.
template <class V>
HWY_INLINE V AddPairs(V a, V b) {
  const FourF d4;
  return hn::Add(hn::ConcatEven(d4, b, a), hn::ConcatOdd(d4, b, a));
}

#endif  // HWY_TARGET

// Four vectors' lanes are added at once: y[i] = sum of vector i.
template <class V>
HWY_INLINE void StoreSums(V v0, V v1, V v2, V v3, float* HWY_RESTRICT y) {
#if HWY_TARGET == HWY_SCALAR
  const V all[4] = {v0, v1, v2, v3};
  for (size_t i = 0; i < 4; ++i) y[i] = hn::GetLane(all[i]);
#else
  const auto first = AddPairs(FoldToFour(v0), FoldToFour(v1));
  const auto second = AddPairs(FoldToFour(v2), FoldToFour(v3));
  hn::StoreU(AddPairs(first, second), FourF(), y);
#endif
}

// Adds the `blocks` small blocks from `bytes` on.
template <class Format, class V>
HWY_INLINE void AddTail(const uint8_t* HWY_RESTRICT bytes, const Q8Token& x,
                        size_t blocks, const RowSums<V>& sums) {
  const Tail<Format> tail(bytes, x, blocks);
  AddGroup<1>(FileGroup<Format>{tail.bytes}, tail.token, tail.token, sums, sums,
              GroupParts());
}

// A row times x and, if kTokens is 2, z: lanes that are still to be added. The
// order of additions of a token is the same in either.
template <class Format, size_t kTokens, bool kHasTail, class V>
HWY_INLINE void RowTimesTokens(const uint8_t* HWY_RESTRICT row, size_t cols,
                               Q8Token x, Q8Token z, V& times_x, V& times_z) {
  using Group = GroupOf<Format>;
  auto x_even = hn::Zero(PartF()), x_odd = x_even, x_taken = x_even;
  auto z_even = x_even, z_odd = x_even, z_taken = x_even;
  const RowSums<hn::Vec<PartF>> of_x{x_even, x_odd, x_taken};
  const RowSums<hn::Vec<PartF>> of_z{z_even, z_odd, z_taken};
  for (size_t c = 0; c + Group::kElements <= cols; c += Group::kElements) {
    PrefetchStream(row, Group::kBytes);
    AddGroup<kTokens>(FileGroup<Format>{row}, x, z, of_x, of_z, GroupParts());
    row += Group::kBytes;
    x.Advance(kGroupParts);
    z.Advance(kGroupParts);
  }
  if constexpr (kHasTail) {
    const size_t tail = cols % Group::kElements / kPartElements;
    AddTail<Format>(row, x, tail, of_x);
    if constexpr (kTokens == 2) AddTail<Format>(row, z, tail, of_z);
  }
  times_x = RowLanes<Format>(x_even, x_odd, x_taken);
  if constexpr (kTokens == 2) {
    times_z = RowLanes<Format>(z_even, z_odd, z_taken);
  }
}

// Rows of a matrix, one after the other.
struct WeightRows {
  size_t begin;
  size_t end;
  const uint8_t* first;  // where `begin` is
  size_t bytes;          // of a row
};

template <class Format, bool kHasTail>
HWY_INLINE void RowsTimesOne(const WeightRows& rows, const ActivationView& view,
                             float* HWY_RESTRICT y) {
  const Q8Token x(view, 0);
  const size_t cols = view.cols;
  const uint8_t* row = rows.first;
  const auto next = [&]() HWY_ATTR {
    hn::Vec<PartF> lanes;
    RowTimesTokens<Format, 1, kHasTail>(row, cols, x, x, lanes, lanes);
    row += rows.bytes;
    return lanes;
  };
  size_t r = rows.begin;
  for (; r + 4 <= rows.end; r += 4) {
    const auto v0 = next();
    const auto v1 = next();
    const auto v2 = next();
    const auto v3 = next();
    StoreSums(v0, v1, v2, v3, y + r);
  }
  for (; r < rows.end; ++r) {
    const auto v = next();
    float sums[4];
    StoreSums(v, v, v, v, sums);
    y[r] = sums[0];
  }
}

template <class Format, bool kHasTail>
HWY_INLINE void RowsTimesSeveral(const WeightRows& rows,
                                 const ActivationView& view, float* const* y) {
  const uint8_t* row = rows.first;
  float sums[4];
  for (size_t r = rows.begin; r < rows.end; ++r, row += rows.bytes) {
    hn::Vec<PartF> x, z;
    size_t t = 0;
    for (; t + 2 <= view.tokens; t += 2) {
      RowTimesTokens<Format, 2, kHasTail>(row, view.cols, Q8Token(view, t),
                                          Q8Token(view, t + 1), x, z);
      StoreSums(x, z, x, z, sums);
      y[t][r] = sums[0];
      y[t + 1][r] = sums[1];
    }
    if (t == view.tokens) continue;
    const Q8Token last(view, t);
    RowTimesTokens<Format, 1, kHasTail>(row, view.cols, last, last, x, x);
    StoreSums(x, x, x, x, sums);
    y[t][r] = sums[0];
  }
}

template <class Format, bool kHasTail>
HWY_INLINE void RowsTimesTokens(const WeightRows& rows, const ActivationView& x,
                                float* const* y) {
  if (x.tokens == 1) {
    RowsTimesOne<Format, kHasTail>(rows, x, y[0]);
  } else {
    RowsTimesSeveral<Format, kHasTail>(rows, x, y);
  }
}

template <class Format>
HWY_INLINE void MultiplyRows(const WeightView& w, size_t row_begin,
                             size_t row_end, const ActivationView& x,
                             float* const* y) {
  const size_t bytes = RowBytes(Format::kType, w.cols);
  const WeightRows rows{
      .begin = row_begin,
      .end = row_end,
      .first = static_cast<const uint8_t*>(w.data) + row_begin * bytes,
      .bytes = bytes,
  };
  if constexpr (BlockOf<Format>::kParts == 1) {
    if (w.cols % GroupOf<Format>::kElements != 0) {
      RowsTimesTokens<Format, true>(rows, x, y);
      return;
    }
  }
  RowsTimesTokens<Format, false>(rows, x, y);
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
