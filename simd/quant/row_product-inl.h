// SPDX-License-Identifier: Apache-2.0
// Rows of a quantised format times a few kQ8 vectors: MatVecs.
//
// A thread reads its rows one after the other, as they lie: one linear stream,
// which is what memory gives fastest (tests/bench/NOTES.md). Quants go from the
// file's bits to the product in registers. Four tokens go over a row together
// and share that; the next four find the row in the cache.
//
// Four elements' products are added in each lane, exact in int32. float32
// carries them on: even and odd steps in two sums, which hides the latency of
// the additions, and in a third what minima and the offsets of unsigned quants
// take off, by the sums of the activations. AVX2 without VNNI adds up first
// what has the same scale: sum_tree-inl.h.

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
#include <utility>

#include "hwy/highway.h"
#include "simd/activations.h"
#include "simd/quant/blocks-inl.h"
#include "simd/quant/int8_dot-inl.h"
#include "simd/quant/row_group-inl.h"
#include "simd/quant/sum_tree-inl.h"
#include "simd/stream-inl.h"
#include "simd/weights.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

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
  if constexpr (Format::kScaleElements == kStepElements) {
    return hn::Set(DotF(), factors[kFirst]);
  }
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

// A token on its way along a row, and the sums of both so far. Vectors by
// reference, as sizeless ones cannot be members.
template <class Token, class Dots, class Taken>
struct TokenRun {
  HWY_INLINE TokenRun(const Token& token, Dots& even_dots, Dots& odd_dots,
                      Taken& taken_off)
      : x(token), even(even_dots), odd(odd_dots), taken(taken_off) {}
  // The same behind the last whole group.
  template <class Format>
  HWY_INLINE TokenRun<Q8Tail<Format>, Dots, Taken> Tail(size_t blocks) const {
    return {Q8Tail<Format>(x, blocks), even, odd, taken};
  }

  Token x;
  Dots& even;
  Dots& odd;
  Taken& taken;
  HWY_ALIGN float factors[16];  // of a group, see MakeFactors; not initialised
#if KRAIT_SUM_TREE
  SumTree<typename Token::Format> tree;
#endif
};

// Writes what a group's dot products are multiplied with for one token to
// `factors`; adds to `taken`. Offsets are left to the end: offset * (sum of
// scale * activations).
template <class Format, class Token, class Taken>
HWY_INLINE void MakeFactors(const float* HWY_RESTRICT scales,
                            const float* HWY_RESTRICT minima, const Token& x,
                            float* HWY_RESTRICT factors, Taken& taken) {
  const ScaleF<Format> ds;
  for (size_t i = 0; i < GroupOf<Format>::kScales; i += hn::Lanes(ds)) {
    const auto scale = hn::Load(ds, scales + i);
    hn::Store(hn::Mul(scale, x.Scales(i)), ds, factors + i);
    if constexpr (Format::kHasMinima) {
      taken = hn::MulAdd(hn::Load(ds, minima + i), x.Sums(i), taken);
    } else if constexpr (kHasTaken<Format>) {
      taken = hn::MulAdd(scale, x.Sums(i), taken);
    }
  }
}

// What a step of a group adds to one token or several.
template <size_t kStep, class Group, class... Run>
HWY_INLINE void AddStepTo(const Group& group, Run&... runs) {
  if (!group.template Has<kStep>()) return;
  (AddStep<kStep>(group, runs.factors, runs.x.quants,
                  kStep % 2 == 0 ? runs.even : runs.odd),
   ...);
}

#if KRAIT_SUM_TREE

// What two steps of a whole group give to the trees of one token or several.
template <size_t kPair, class Group, class... Run>
HWY_INLINE void AddPairTo(const Group& group, Run&... runs) {
  using Format = typename Group::Format;
  constexpr size_t kFirst = 2 * kPair * kStepElements;
  constexpr size_t kSecond = kFirst + kStepElements;
  const auto first = group.template RawStep<2 * kPair>();
  const auto second = group.template RawStep<2 * kPair + 1>();
  (runs.tree.template Add<kPair>(
       StepProducts<Format>(first, runs.x.quants + kFirst),
       StepProducts<Format>(second, runs.x.quants + kSecond)),
   ...);
}

#endif  // KRAIT_SUM_TREE

// A group times one token or several, which then share what Raw() gives: a step
// of all is computed side by side. The order of additions of a token does not
// depend on how many they are.
template <class Group, size_t... kStep, class... Run>
HWY_INLINE void AddGroup(const Group& group, std::index_sequence<kStep...>,
                         Run&&... runs) {
  using Format = typename Group::Format;
  HWY_ALIGN float scales[GroupOf<Format>::kScales];
  HWY_ALIGN float minima[GroupOf<Format>::kScales];
  group.Scales(scales, minima);
#if KRAIT_SUM_TREE
  if constexpr (Group::kIsWhole) {
    AddPairTo<0>(group, runs...);
    AddPairTo<1>(group, runs...);
    AddPairTo<2>(group, runs...);
    AddPairTo<3>(group, runs...);
    (MakeFactors<Format>(scales, minima, runs.x, runs.factors, runs.taken),
     ...);
    (runs.tree.AddTo(runs.factors, runs.even, runs.odd), ...);
    return;
  }
#endif
  (MakeFactors<Format>(scales, minima, runs.x, runs.factors, runs.taken), ...);
  (AddStepTo<kStep>(group, runs...), ...);
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

// The groups of a row times one token or several. Returns where they end.
template <class Format, class... Run>
HWY_INLINE const uint8_t* AddGroups(const uint8_t* HWY_RESTRICT row,
                                    size_t cols, Run&... runs) {
  constexpr size_t kBytes = GroupOf<Format>::kBytes;
  for (size_t c = 0; c + kGroupElements <= cols; c += kGroupElements) {
    PrefetchStream(row, kBytes);
    AddGroup(FileGroup<Format>{row}, GroupSteps(), runs...);
    row += kBytes;
    (runs.x.NextGroup(), ...);
  }
  return row;
}

// What is left of a row behind its groups, `blocks` small ones, times a token.
template <class Format, class Run>
HWY_INLINE void AddTail(const uint8_t* HWY_RESTRICT row, size_t blocks,
                        Run& run) {
  AddGroup(FileTail<Format>{row, blocks}, GroupSteps(),
           run.template Tail<Format>(blocks));
}

// The same out of line: for each of several tokens in turn, as code for all of
// them together would take half of the time to compile these kernels.
template <class Format, class Dots, class Taken>
HWY_NOINLINE void AddTailOfOne(const uint8_t* HWY_RESTRICT row, size_t blocks,
                               const Q8Token<Format>& x, Dots& even, Dots& odd,
                               Taken& taken) {
  TokenRun<Q8Token<Format>, Dots, Taken> run(x, even, odd, taken);
  AddTail<Format>(row, blocks, run);
}

// Called with copies, so that all else stays in registers.
template <class Format, class Run>
HWY_INLINE void AddTailApart(const uint8_t* HWY_RESTRICT row, size_t blocks,
                             Run& run) {
  const auto x = run.x;
  auto even = run.even, odd = run.odd;
  auto taken = run.taken;
  AddTailOfOne(row, blocks, x, even, odd, taken);
  run.even = even;
  run.odd = odd;
  run.taken = taken;
}

// What is behind a row's last group.
enum class Tail {
  kNone,   // nothing
  kHere,   // some blocks
  kApart,  // some blocks or none, by a call
};
template <class Format>
constexpr Tail kTailOfSeveral =
    BlockOf<Format>::kParts == 1 ? Tail::kApart : Tail::kNone;

// A row times one token or several.
template <class Format, Tail kTail, class... Run>
HWY_INLINE void AddRow(const uint8_t* HWY_RESTRICT row, size_t cols,
                       Run&&... runs) {
  row = AddGroups<Format>(row, cols, runs...);
  if constexpr (kTail == Tail::kNone) return;
  const size_t blocks = cols % kGroupElements / kPartElements;
  if constexpr (kTail == Tail::kHere) {
    (AddTail<Format>(row, blocks, runs), ...);
  } else if constexpr (kTail == Tail::kApart) {
    if (blocks != 0) (AddTailApart<Format>(row, blocks, runs), ...);
  }
}

// Rows of a matrix, one after the other.
struct WeightRows {
  size_t begin;
  size_t end;
  const uint8_t* first;  // where `begin` is
  size_t bytes;          // of a row
};

// Returns a row times a token: lanes that are still to be added.
template <class Format, Tail kTail>
HWY_INLINE hn::Vec<FourF> RowTimesOne(const uint8_t* HWY_RESTRICT row,
                                      size_t cols, const Q8Token<Format>& x) {
  auto even = hn::Zero(DotF()), odd = even;
  auto taken = hn::Zero(ScaleF<Format>());
  AddRow<Format, kTail>(row, cols, TokenRun(x, even, odd, taken));
  return RowLanes<Format>(even, odd, taken);
}

// Writes the products of a row with tokens `first` and `first + 1` to sums[0]
// and [1].
template <class Format>
HWY_INLINE void RowTimesTwo(const uint8_t* HWY_RESTRICT row,
                            const ActivationView& view, size_t first,
                            float* HWY_RESTRICT sums) {
  auto even0 = hn::Zero(DotF()), odd0 = even0, even1 = even0, odd1 = even0;
  auto taken0 = hn::Zero(ScaleF<Format>()), taken1 = taken0;
  AddRow<Format, kTailOfSeveral<Format>>(
      row, view.cols,
      TokenRun(Q8Token<Format>(view, first), even0, odd0, taken0),
      TokenRun(Q8Token<Format>(view, first + 1), even1, odd1, taken1));
  const auto lanes0 = RowLanes<Format>(even0, odd0, taken0);
  const auto lanes1 = RowLanes<Format>(even1, odd1, taken1);
  StoreSums(lanes0, lanes1, lanes0, lanes1, sums);
}

// The same of four tokens.
template <class Format>
HWY_INLINE void RowTimesFour(const uint8_t* HWY_RESTRICT row,
                             const ActivationView& view, size_t first,
                             float* HWY_RESTRICT sums) {
  auto even0 = hn::Zero(DotF()), odd0 = even0, even1 = even0, odd1 = even0,
       even2 = even0, odd2 = even0, even3 = even0, odd3 = even0;
  auto taken0 = hn::Zero(ScaleF<Format>()), taken1 = taken0, taken2 = taken0,
       taken3 = taken0;
  AddRow<Format, kTailOfSeveral<Format>>(
      row, view.cols,
      TokenRun(Q8Token<Format>(view, first), even0, odd0, taken0),
      TokenRun(Q8Token<Format>(view, first + 1), even1, odd1, taken1),
      TokenRun(Q8Token<Format>(view, first + 2), even2, odd2, taken2),
      TokenRun(Q8Token<Format>(view, first + 3), even3, odd3, taken3));
  StoreSums(RowLanes<Format>(even0, odd0, taken0),
            RowLanes<Format>(even1, odd1, taken1),
            RowLanes<Format>(even2, odd2, taken2),
            RowLanes<Format>(even3, odd3, taken3), sums);
}

template <class Format, Tail kTail>
HWY_INLINE void RowsTimesOne(const WeightRows& rows, const ActivationView& view,
                             float* HWY_RESTRICT y) {
  const Q8Token<Format> x(view, 0);
  const size_t cols = view.cols;
  const uint8_t* row = rows.first;
  const auto next = [&]() HWY_ATTR {
    const auto lanes = RowTimesOne<Format, kTail>(row, cols, x);
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

// Whether tokens go over a row together. Not on x86 without AVX2, as hardly
// anybody has that any more, and its code would take the longest to compile.
constexpr bool kSharesRows = !HWY_ARCH_X86 || HWY_MAX_BYTES >= 32;

template <class Format>
HWY_INLINE void RowsTimesSeveral(const WeightRows& rows,
                                 const ActivationView& view, float* const* y) {
  const uint8_t* row = rows.first;
  float sums[4];
  for (size_t r = rows.begin; r < rows.end; ++r, row += rows.bytes) {
    size_t t = 0;
    if constexpr (kSharesRows) {
      for (; t + 4 <= view.tokens; t += 4) {
        RowTimesFour<Format>(row, view, t, sums);
        for (size_t i = 0; i < 4; ++i) y[t + i][r] = sums[i];
      }
      if (t + 2 <= view.tokens) {
        RowTimesTwo<Format>(row, view, t, sums);
        for (size_t i = 0; i < 2; ++i) y[t + i][r] = sums[i];
        t += 2;
      }
    }
    for (; t < view.tokens; ++t) {
      const auto v = RowTimesOne<Format, kTailOfSeveral<Format>>(
          row, view.cols, Q8Token<Format>(view, t));
      StoreSums(v, v, v, v, sums);
      y[t][r] = sums[0];
    }
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
  if (x.tokens > 1) {
    RowsTimesSeveral<Format>(rows, x, y);
    return;
  }
  if constexpr (BlockOf<Format>::kParts == 1) {
    if (w.cols % kGroupElements != 0) {
      RowsTimesOne<Format, Tail::kHere>(rows, x, y[0]);
      return;
    }
  }
  RowsTimesOne<Format, Tail::kNone>(rows, x, y[0]);
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
