// SPDX-License-Identifier: Apache-2.0
// Rows of a quantised format times a few kQ8 vectors: MatVecs.
//
// A thread reads its rows one after the other, as they lie: one linear stream,
// which is what memory gives fastest (tests/bench/NOTES.md). With one token
// quants go from the file's bits to the product in registers. Several tokens
// share the unpacking: a piece of a row is unpacked into the first-level cache
// and meets one token after the other, with the same arithmetic.
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

// A group of which Raw() and Scales() are stored.
template <class FormatIn>
struct RawGroup {
  using Format = FormatIn;
  const int8_t* HWY_RESTRICT raw;
  const float* HWY_RESTRICT stored_scales;
  const float* HWY_RESTRICT stored_minima;

  HWY_INLINE void Scales(float* HWY_RESTRICT scales,
                         float* HWY_RESTRICT minima) const {
    std::copy_n(stored_scales, GroupOf<Format>::kScales, scales);
    if constexpr (Format::kHasMinima) {
      std::copy_n(stored_minima, GroupOf<Format>::kScales, minima);
    }
  }
  template <size_t kPart>
  HWY_INLINE hn::Vec<Part8> Raw(size_t i) const {
    return hn::LoadU(Part8(), raw + kPart * kPartElements + i);
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
  const auto activations = hn::LoadU(Part8(), a);
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

// Offsets are left to the end: offset * (sum of scale * activations).
template <class Group, class V, size_t... kPart>
HWY_INLINE void AddGroup(const Group& group, const Q8Token& x, V& even, V& odd,
                         V& taken, std::index_sequence<kPart...>) {
  using Format = typename Group::Format;
  HWY_ALIGN float scales[GroupOf<Format>::kScales];
  HWY_ALIGN float minima[GroupOf<Format>::kScales];
  group.Scales(scales, minima);
  PartNumbers<Format> numbers;
  if constexpr (Format::kHasMinima) {
    numbers.Read(minima);
    MultiplyParts<Format>(x.scales, numbers);
    AddTaken<Format>(numbers, x, taken);
  }
  numbers.Read(scales);
  MultiplyParts<Format>(x.scales, numbers);
  if constexpr (kRawOffset<Format> != 0) AddTaken<Format>(numbers, x, taken);
  (AddPart<kPart>(group, numbers, x.quants, kPart % 2 == 0 ? even : odd), ...);
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

template <class Format, class V>
HWY_INLINE float RowResult(V even, V odd, V taken) {
  const PartF df;
  if constexpr (kRawOffset<Format> != 0) {
    taken = hn::Mul(taken, hn::Set(df, static_cast<float>(kRawOffset<Format>)));
  }
  return hn::ReduceSum(df, hn::Sub(hn::Add(even, odd), taken));
}

// Adds the groups from at(0) on.
template <class At, class V>
HWY_INLINE void AddGroups(const At& at, size_t groups, Q8Token x, V& even,
                          V& odd, V& taken) {
  for (size_t g = 0; g < groups; ++g) {
    AddGroup(at(g), x, even, odd, taken, GroupParts());
    x.Advance(kGroupParts);
  }
}

// Adds the `blocks` small blocks behind them.
template <class Format, class V>
HWY_INLINE void AddTail(const uint8_t* HWY_RESTRICT bytes, const Q8Token& x,
                        size_t blocks, V& even, V& odd, V& taken) {
  if constexpr (BlockOf<Format>::kParts == 1) {
    if (blocks == 0) return;
    const Tail<Format> tail(bytes, x, blocks);
    AddGroup(FileGroup<Format>{tail.bytes}, tail.token, even, odd, taken,
             GroupParts());
  }
}

// A row in the file.
template <class Format>
struct FileRow {
  const uint8_t* HWY_RESTRICT row;

  HWY_INLINE FileGroup<Format> operator()(size_t g) const {
    const uint8_t* HWY_RESTRICT bytes = row + g * GroupOf<Format>::kBytes;
    PrefetchStream(bytes, GroupOf<Format>::kBytes);
    return {bytes};
  }
};

// A piece of a row, with Raw() and Scales() of its groups stored.
template <class Format>
struct RawPiece {
  using Group = GroupOf<Format>;
  static constexpr size_t kGroups = 2048 / Group::kElements;

  HWY_INLINE RawPiece() {}  // Fill() writes what is read

  HWY_INLINE void Fill(const uint8_t* HWY_RESTRICT row, size_t groups) {
    using Block = BlockOf<Format>;
    for (size_t g = 0; g < groups; ++g) {
      FileGroup<Format>{row}.Scales(scales + g * Group::kScales,
                                    minima + g * Group::kScales);
      for (size_t b = 0; b < Group::kBlocks; ++b, row += Block::kBytes) {
        StoreRaw<Format>(row, raw + g * Group::kElements + b * Block::kElements,
                         typename Block::Parts());
      }
    }
  }
  HWY_INLINE RawGroup<Format> operator()(size_t g) const {
    return {raw + g * Group::kElements, scales + g * Group::kScales,
            minima + g * Group::kScales};
  }

  HWY_ALIGN int8_t raw[kGroups * Group::kElements];
  HWY_ALIGN float scales[kGroups * Group::kScales];
  HWY_ALIGN float minima[kGroups * Group::kScales];
};

// The sums of a few tokens between two pieces of a row.
constexpr size_t kRowTokens = 8;
struct RowSums {
  HWY_ALIGN float lanes[kRowTokens][3][HWY_MAX_LANES_D(PartF)];

  HWY_INLINE void Clear(size_t tokens) {
    for (size_t t = 0; t < tokens; ++t) {
      for (float* of_kind : lanes[t]) {
        hn::StoreU(hn::Zero(PartF()), PartF(), of_kind);
      }
    }
  }
};

// A row times tokens [first, first + tokens), at most kRowTokens.
template <class Format>
HWY_INLINE void RowTimesTokens(const uint8_t* HWY_RESTRICT row,
                               const ActivationView& x, size_t first,
                               size_t tokens, float* const* y, size_t y_row) {
  using Group = GroupOf<Format>;
  const PartF df;
  RawPiece<Format> piece;
  RowSums sums;
  sums.Clear(tokens);
  const size_t groups = x.cols / Group::kElements;
  const size_t tail = x.cols % Group::kElements / kPartElements;
  for (size_t begin = 0;; begin += piece.kGroups) {
    const size_t count = std::min(piece.kGroups, groups - begin);
    const bool is_last = begin + count == groups;
    piece.Fill(row + begin * Group::kBytes, count);
    for (size_t t = 0; t < tokens; ++t) {
      Q8Token token(x, first + t);
      token.Advance(begin * kGroupParts);
      auto even = hn::LoadU(df, sums.lanes[t][0]);
      auto odd = hn::LoadU(df, sums.lanes[t][1]);
      auto taken = hn::LoadU(df, sums.lanes[t][2]);
      AddGroups(piece, count, token, even, odd, taken);
      if (is_last) {
        token.Advance(count * kGroupParts);
        AddTail<Format>(row + groups * Group::kBytes, token, tail, even, odd,
                        taken);
        y[first + t][y_row] = RowResult<Format>(even, odd, taken);
        continue;
      }
      hn::StoreU(even, df, sums.lanes[t][0]);
      hn::StoreU(odd, df, sums.lanes[t][1]);
      hn::StoreU(taken, df, sums.lanes[t][2]);
    }
    if (is_last) return;
  }
}

// A row times the one token.
template <class Format>
HWY_INLINE float RowTimesToken(const uint8_t* HWY_RESTRICT row,
                               const ActivationView& x) {
  using Group = GroupOf<Format>;
  const size_t groups = x.cols / Group::kElements;
  Q8Token token(x, 0);
  auto even = hn::Zero(PartF());
  auto odd = even;
  auto taken = even;
  AddGroups(FileRow<Format>{row}, groups, token, even, odd, taken);
  token.Advance(groups * kGroupParts);
  AddTail<Format>(row + groups * Group::kBytes, token,
                  x.cols % Group::kElements / kPartElements, even, odd, taken);
  return RowResult<Format>(even, odd, taken);
}

template <class Format>
HWY_INLINE void RowsTimesTokens(const WeightView& w, size_t row_begin,
                                size_t row_end, const ActivationView& x,
                                float* const* y) {
  const size_t row_bytes = RowBytes(Format::kType, w.cols);
  const auto* row = static_cast<const uint8_t*>(w.data) + row_begin * row_bytes;
  for (size_t r = row_begin; r < row_end; ++r, row += row_bytes) {
    if (x.tokens == 1) {
      y[0][r] = RowTimesToken<Format>(row, x);
      continue;
    }
    for (size_t t = 0; t < x.tokens; t += kRowTokens) {
      RowTimesTokens<Format>(row, x, t, std::min(kRowTokens, x.tokens - t), y,
                             r);
    }
  }
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
