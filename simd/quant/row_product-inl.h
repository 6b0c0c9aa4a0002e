// SPDX-License-Identifier: Apache-2.0
// Rows of a quantised format times a few kQ8 vectors: MatVecs.
//
// A thread reads its rows one after the other, as they lie: one linear stream,
// which is what memory gives fastest (tests/bench/NOTES.md). Quants go from the
// file's bits to the product in registers. Two tokens go over a row together
// and share that; the next two find the row in the cache.
//
// Four elements' products are added in each lane, exact in int32. float32
// carries them on: even and odd steps in two sums, which hides the latency of
// the additions, and in a third what minima and the offsets of unsigned quants
// take off, by the sums of the activations.

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

// The vectors of a product: two parts at once, or one, or half of one.
using DotI = hn::CappedTag<int32_t, KRAIT_SIZELESS_VECTORS ? 4 : 16>;
using DotF = hn::RebindToFloat<DotI>;
#if HWY_TARGET == HWY_SCALAR
using Dot8 = Part8;
#else
using Dot8 = hn::Repartition<int8_t, DotI>;
#endif
constexpr size_t kDotBytes = HWY_MAX_LANES_D(Dot8);

// Blocks go by in groups of 256 elements, eight parts: a large block, or eight
// small ones. A step of a product takes as many elements as a vector has bytes,
// a part at least.
constexpr size_t kGroupParts = 8;
constexpr size_t kGroupElements = kGroupParts * kPartElements;
constexpr size_t kStepElements = HWY_MAX(kDotBytes, kPartElements);
using GroupSteps = std::make_index_sequence<kGroupElements / kStepElements>;

template <class Format>
struct GroupOf {
  static constexpr size_t kBlocks = kGroupParts / BlockOf<Format>::kParts;
  static constexpr size_t kBytes = kBlocks * BlockOf<Format>::kBytes;
  static constexpr size_t kScales = kBlocks * BlockOf<Format>::kScales;
};

// The scales of a group, in one vector or in several.
template <class Format>
using ScaleF =
    hn::CappedTag<float, KRAIT_SIZELESS_VECTORS ? 4 : GroupOf<Format>::kScales>;

// One token of a batch, from one of its groups on, with what a format's runs of
// kScaleElements meet.
template <class Format>
struct Q8Token {
  HWY_INLINE Q8Token() {}
  HWY_INLINE Q8Token(const ActivationView& x, size_t token) {
    constexpr bool kHalves = Format::kScaleElements != kPartElements;
    const size_t first = token * (x.cols / Format::kScaleElements);
    quants = x.q8 + token * x.q8_stride;
    scales = (kHalves ? x.half_scales : x.scales) + first;
    sums = (kHalves ? x.scaled_half_sums : x.scaled_sums) + first;
  }
  HWY_INLINE void NextGroup() {
    quants += kGroupElements;
    scales += GroupOf<Format>::kScales;
    sums += GroupOf<Format>::kScales;
  }

  const int8_t* HWY_RESTRICT quants = nullptr;
  const float* HWY_RESTRICT scales = nullptr;
  const float* HWY_RESTRICT sums = nullptr;  // scale * sum of the quants
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

  // Elements i.. of a part: see blocks-inl.h.
  template <size_t kPart>
  HWY_INLINE hn::Vec<Part8> Raw(size_t i) const {
    constexpr size_t kInBlock = kPart % Block::kParts;
    return Format::template Raw<kInBlock>(
        Part8(), bytes + kPart / Block::kParts * Block::kBytes, i);
  }

#if HWY_TARGET != HWY_SCALAR
  // A step's elements, if a vector holds them.
  template <size_t kStep>
  HWY_INLINE hn::Vec<Dot8> RawStep() const {
    if constexpr (kDotBytes <= kPartElements) {
      return Raw<kStep>(0);
    } else if constexpr (requires {
                           Format::template RawPair<0>(Dot8(), bytes);
                         }) {
      return Format::template RawPair<kStep>(Dot8(), bytes);
    } else {
      return hn::Combine(Dot8(), Raw<2 * kStep + 1>(0), Raw<2 * kStep>(0));
    }
  }
#endif
};

// What a format's Raw() is above the quants when it meets the activations.
template <class Format>
constexpr int kRawOffset =
    Format::kIsSigned ? kPreparedOffset : Format::kOffset;

// What is taken off a row's dot products for its minima or its offsets.
template <class Format>
constexpr bool kHasTaken = Format::kHasMinima || kRawOffset<Format> != 0;

#if HWY_TARGET == HWY_SCALAR

template <size_t kPart, class Group>
void AddStep(const Group& group, const float* HWY_RESTRICT factors,
             const int8_t* HWY_RESTRICT a, hn::Vec<DotF>& sum) {
  constexpr size_t kRun = Group::Format::kScaleElements;
  const DotF df;
  for (size_t i = 0; i < kPartElements; i += kRun) {
    const size_t first = kPart * kPartElements + i;
    int32_t dot = 0;
    for (size_t j = 0; j < kRun; ++j) {
      dot += hn::GetLane(group.template Raw<kPart>(i + j)) * a[first + j];
    }
    sum = hn::MulAdd(hn::Set(df, static_cast<float>(dot)),
                     hn::Set(df, factors[first / kRun]), sum);
  }
}

#else

// Returns acc + raw * a.
template <class Format>
HWY_INLINE hn::Vec<DotI> RawDot(hn::Vec<Dot8> raw, const int8_t* HWY_RESTRICT a,
                                hn::Vec<DotI> acc) {
  const auto activations = hn::LoadU(Dot8(), a);
  if constexpr (Format::kIsSigned) {
    return QuadDot(DotI(), PrepareQuants(raw), activations, acc);
  } else {
    return UnsignedQuadDot(DotI(), raw, activations, acc);
  }
}

#if HWY_MAX_BYTES >= 32 && !KRAIT_SIZELESS_VECTORS

// Which of a vector of scales the lanes of a step need: kFirst is the step's
// first, and each goes with kLanesEach lanes.
template <size_t kFirst, size_t kLanesEach>
struct LaneScales {
  constexpr LaneScales() {
    for (size_t i = 0; i < 16; ++i) {
      lane[i] = static_cast<int32_t>(kFirst + i / kLanesEach);
    }
  }
  alignas(64) int32_t lane[16] = {};
};

// Returns what each lane of a step is multiplied with: one shuffle, where a
// compiler makes two of a broadcast (tests/bench/NOTES.md).
template <size_t kStep, class Format>
HWY_INLINE hn::Vec<DotF> StepFactors(const float* HWY_RESTRICT factors) {
  constexpr size_t kFirst = kStep * kStepElements / Format::kScaleElements;
  const ScaleF<Format> ds;
  constexpr size_t kInVector = kFirst % HWY_MAX_LANES_D(ScaleF<Format>);
  static constexpr LaneScales<kInVector, Format::kScaleElements / 4> kScales;
  const auto scales = hn::Load(ds, factors + kFirst - kInVector);
  return hn::TableLookupLanes(hn::ResizeBitCast(DotF(), scales),
                              hn::SetTableIndices(DotF(), kScales.lane));
}

template <size_t kStep, class Group>
HWY_INLINE void AddStep(const Group& group, const float* HWY_RESTRICT factors,
                        const int8_t* HWY_RESTRICT a, hn::Vec<DotF>& sum) {
  using Format = typename Group::Format;
  const auto dot = RawDot<Format>(group.template RawStep<kStep>(),
                                  a + kStep * kStepElements, hn::Zero(DotI()));
  sum = hn::MulAdd(hn::ConvertTo(DotF(), dot),
                   StepFactors<kStep, Format>(factors), sum);
}

#else

// A part as two vectors.
template <size_t kPart, class Group>
HWY_INLINE void AddStep(const Group& group, const float* HWY_RESTRICT factors,
                        const int8_t* HWY_RESTRICT a, hn::Vec<DotF>& sum) {
  using Format = typename Group::Format;
  static_assert(kDotBytes == 16);
  const DotF df;
  const auto zero = hn::Zero(DotI());
  a += kPart * kPartElements;
  auto dot = RawDot<Format>(group.template Raw<kPart>(0), a, zero);
  if constexpr (Format::kScaleElements == 16) {
    sum = hn::MulAdd(hn::ConvertTo(df, dot), hn::Set(df, factors[2 * kPart]),
                     sum);
    dot = RawDot<Format>(group.template Raw<kPart>(16), a + 16, zero);
    sum = hn::MulAdd(hn::ConvertTo(df, dot),
                     hn::Set(df, factors[2 * kPart + 1]), sum);
  } else {
    dot = RawDot<Format>(group.template Raw<kPart>(16), a + 16, dot);
    sum = hn::MulAdd(hn::ConvertTo(df, dot), hn::Set(df, factors[kPart]), sum);
  }
}

#endif  // HWY_MAX_BYTES

#endif  // HWY_TARGET

// The sums of a row and a token.
template <class Dots, class Taken>
struct RowSums {
  Dots& even;
  Dots& odd;
  Taken& taken;
};

// Writes what a group's dot products are multiplied with for one token to
// `factors`; adds to `taken`. Offsets are left to the end: offset * (sum of
// scale * activations).
template <class Format, class Taken>
HWY_INLINE void MakeFactors(const float* HWY_RESTRICT scales,
                            const float* HWY_RESTRICT minima,
                            const Q8Token<Format>& x,
                            float* HWY_RESTRICT factors, Taken& taken) {
  const ScaleF<Format> ds;
  for (size_t i = 0; i < GroupOf<Format>::kScales; i += hn::Lanes(ds)) {
    const auto scale = hn::Load(ds, scales + i);
    hn::Store(hn::Mul(scale, hn::LoadU(ds, x.scales + i)), ds, factors + i);
    if constexpr (Format::kHasMinima) {
      taken = hn::MulAdd(hn::Load(ds, minima + i), hn::LoadU(ds, x.sums + i),
                         taken);
    } else if constexpr (kHasTaken<Format>) {
      taken = hn::MulAdd(scale, hn::LoadU(ds, x.sums + i), taken);
    }
  }
}

// A group times one token, or two (kTokens), which then share what Raw() gives:
// a step of both is computed side by side.
template <size_t kTokens, class Group, class Token, class Sums, size_t... kStep>
HWY_INLINE void AddGroup(const Group& group, const Token& x, const Token& z,
                         const Sums& of_x, const Sums& of_z,
                         std::index_sequence<kStep...>) {
  using Format = typename Group::Format;
  HWY_ALIGN float scales[GroupOf<Format>::kScales];
  HWY_ALIGN float minima[GroupOf<Format>::kScales];
  HWY_ALIGN float x_factors[GroupOf<Format>::kScales];
  group.Scales(scales, minima);
  MakeFactors<Format>(scales, minima, x, x_factors, of_x.taken);
  if constexpr (kTokens == 1) {
    (AddStep<kStep>(group, x_factors, x.quants,
                    kStep % 2 == 0 ? of_x.even : of_x.odd),
     ...);
  } else {
    HWY_ALIGN float z_factors[GroupOf<Format>::kScales];
    MakeFactors<Format>(scales, minima, z, z_factors, of_z.taken);
    ((AddStep<kStep>(group, x_factors, x.quants,
                     kStep % 2 == 0 ? of_x.even : of_x.odd),
      AddStep<kStep>(group, z_factors, z.quants,
                     kStep % 2 == 0 ? of_z.even : of_z.odd)),
     ...);
  }
}

// The small blocks behind the last whole group: a group of them is made, with
// weights and activations of 0 behind them.
template <class Format>
struct Tail {
  HWY_INLINE Tail(const uint8_t* HWY_RESTRICT from, const Q8Token<Format>& x,
                  size_t blocks) {
    std::memcpy(bytes, from, blocks * BlockOf<Format>::kBytes);
    std::memset(bytes + blocks * BlockOf<Format>::kBytes, 0,
                (kGroupParts - blocks) * BlockOf<Format>::kBytes);
    std::fill(std::copy_n(x.quants, blocks * kQ8BlockSize, quants),
              quants + sizeof(quants), int8_t{0});
    std::fill(std::copy_n(x.scales, blocks, scales), scales + kGroupParts,
              0.0f);
    std::fill(std::copy_n(x.sums, blocks, sums), sums + kGroupParts, 0.0f);
    token.quants = quants;
    token.scales = scales;
    token.sums = sums;
  }

  uint8_t bytes[GroupOf<Format>::kBytes];
  int8_t quants[kGroupElements];
  float scales[kGroupParts];
  float sums[kGroupParts];
  Q8Token<Format> token;
};

// Adds the `blocks` small blocks from `bytes` on.
template <class Format, class Sums>
HWY_INLINE void AddTail(const uint8_t* HWY_RESTRICT bytes,
                        const Q8Token<Format>& x, size_t blocks,
                        const Sums& sums) {
  const Tail<Format> tail(bytes, x, blocks);
  AddGroup<1>(FileGroup<Format>{tail.bytes}, tail.token, tail.token, sums, sums,
              GroupSteps());
}

using FourF = hn::CappedTag<float, 4>;

// Returns a vector of at most kLanes lanes that has the sum of `v`.
template <size_t kLanes, class D>
HWY_INLINE auto FoldTo(D /*d*/, hn::Vec<D> v) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (HWY_MAX_LANES_D(D) > kLanes) {
    const hn::Half<D> dh;
    return FoldTo<kLanes>(dh,
                          hn::Add(hn::LowerHalf(dh, v), hn::UpperHalf(dh, v)));
  } else  // NOLINT(readability-else-after-return): of one type each
#endif
  {
    return v;
  }
}

// Returns a row's sums as lanes that are still to be added.
template <class Format, class Dots, class Taken>
HWY_INLINE hn::Vec<FourF> RowLanes(Dots even, Dots odd, Taken taken) {
  const DotF df;
  const ScaleF<Format> ds;
  const auto sum = hn::Add(even, odd);
  if constexpr (!kHasTaken<Format>) return FoldTo<4>(df, sum);
  if constexpr (kRawOffset<Format> != 0) {
    taken = hn::Mul(taken, hn::Set(ds, static_cast<float>(kRawOffset<Format>)));
  }
  constexpr size_t kShared =
      HWY_MIN(HWY_MAX_LANES_D(DotF), HWY_MAX_LANES_D(ScaleF<Format>));
  const hn::CappedTag<float, kShared> shared;
  return FoldTo<4>(
      shared, hn::Sub(FoldTo<kShared>(df, sum), FoldTo<kShared>(ds, taken)));
}

#if HWY_TARGET != HWY_SCALAR

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
  hn::StoreU(AddPairs(AddPairs(v0, v1), AddPairs(v2, v3)), FourF(), y);
#endif
}

// A row times x and, if kTokens is 2, z: lanes that are still to be added. The
// order of additions of a token is the same in either.
template <class Format, size_t kTokens, bool kHasTail, class V>
HWY_INLINE void RowTimesTokens(const uint8_t* HWY_RESTRICT row, size_t cols,
                               Q8Token<Format> x, Q8Token<Format> z, V& times_x,
                               V& times_z) {
  constexpr size_t kBytes = GroupOf<Format>::kBytes;
  auto x_even = hn::Zero(DotF()), x_odd = x_even;
  auto z_even = x_even, z_odd = x_even;
  auto x_taken = hn::Zero(ScaleF<Format>()), z_taken = x_taken;
  using Sums = RowSums<hn::Vec<DotF>, hn::Vec<ScaleF<Format>>>;
  const Sums of_x{x_even, x_odd, x_taken};
  const Sums of_z{z_even, z_odd, z_taken};
  for (size_t c = 0; c + kGroupElements <= cols; c += kGroupElements) {
    PrefetchStream(row, kBytes);
    AddGroup<kTokens>(FileGroup<Format>{row}, x, z, of_x, of_z, GroupSteps());
    row += kBytes;
    x.NextGroup();
    z.NextGroup();
  }
  if constexpr (kHasTail) {
    const size_t tail = cols % kGroupElements / kPartElements;
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
  const Q8Token<Format> x(view, 0);
  const size_t cols = view.cols;
  const uint8_t* row = rows.first;
  const auto next = [&]() HWY_ATTR {
    hn::Vec<FourF> lanes;
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
    hn::Vec<FourF> x, z;
    size_t t = 0;
    for (; t + 2 <= view.tokens; t += 2) {
      RowTimesTokens<Format, 2, kHasTail>(row, view.cols,
                                          Q8Token<Format>(view, t),
                                          Q8Token<Format>(view, t + 1), x, z);
      StoreSums(x, z, x, z, sums);
      y[t][r] = sums[0];
      y[t + 1][r] = sums[1];
    }
    if (t == view.tokens) continue;
    const Q8Token<Format> last(view, t);
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
    if (w.cols % kGroupElements != 0) {
      RowsTimesTokens<Format, true>(rows, x, y);
      return;
    }
  }
  RowsTimesTokens<Format, false>(rows, x, y);
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
