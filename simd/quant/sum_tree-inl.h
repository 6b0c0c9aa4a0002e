// SPDX-License-Identifier: Apache-2.0
// The dot products of a group's runs of equal scale with a token, one in each
// lane of a vector of float32, where no instruction adds four products to an
// int32: AVX2 without VNNI.
//
// A step's products are sums of pairs in 16 lanes. Two steps' vectors become
// one, of which half the lanes are the first's and half the second's, with two
// shuffles and an addition; so do two of those, and so on. That is as many
// instructions as conversions and multiplications of each step's own sums
// would be, but factors need not be spread over lanes, nor do a row's sums wait
// for each other (tests/bench/NOTES.md). Exact: the lanes are int16 as long as
// no sum exceeds it, then int32.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_QUANT_SUM_TREE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_QUANT_SUM_TREE_INL_H_
#undef KRAIT_SIMD_QUANT_SUM_TREE_INL_H_
#else
#define KRAIT_SIMD_QUANT_SUM_TREE_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "simd/activations.h"
#include "simd/quant/int8_dot-inl.h"
#include "simd/quant/row_group-inl.h"

// Whether MatVecs adds that way.
#undef KRAIT_SUM_TREE
#define KRAIT_SUM_TREE (HWY_TARGET == HWY_AVX2 && KRAIT_ABS_WEIGHTS)

#if KRAIT_SUM_TREE

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

static_assert(kDotBytes == kPartElements);  // a step is a part
using Dot16 = hn::Repartition<int16_t, DotI>;
using Dot64 = hn::Repartition<int64_t, DotI>;
using DotU8 = hn::Repartition<uint8_t, DotI>;

// Whether the products of `kSteps` steps' pairs, added in a lane, fit into
// int16.
template <class Format, size_t kSteps>
constexpr bool kFitsInt16 =
    !Format::kIsSigned && 2 * 127 * Format::kRawMax * kSteps <= 32767;

// Returns a step's products: sums of pairs in int16 where these are to be added
// up (kFitsInt16), else of four in int32.
template <class Format>
HWY_INLINE hn::Vec<DotI> StepProducts(hn::Vec<Dot8> raw,
                                      const int8_t* HWY_RESTRICT a) {
  const auto activations = hn::LoadU(Dot8(), a);
  if constexpr (Format::kIsSigned) {
    return QuadDot(DotI(), PrepareQuants(raw), activations, hn::Zero(DotI()));
  } else {
    return hn::BitCast(
        DotI(), hn::SatWidenMulPairwiseAdd(Dot16(), hn::BitCast(DotU8(), raw),
                                           activations));
  }
}

// Returns sums of kSteps steps as they are added to others, of as many: in
// int32 if those of twice as many do not fit into int16.
template <class Format, size_t kSteps>
HWY_INLINE hn::Vec<DotI> Widened(hn::Vec<DotI> sums) {
  if constexpr (kFitsInt16<Format, kSteps> && !kFitsInt16<Format, 2 * kSteps>) {
    return hn::WidenMulPairwiseAdd(DotI(), hn::BitCast(Dot16(), sums),
                                   hn::Set(Dot16(), 1));
  } else {
    return sums;
  }
}

// Adds lanes that are Widened().
template <class Format, size_t kSteps>
HWY_INLINE hn::Vec<DotI> AddSums(hn::Vec<DotI> a, hn::Vec<DotI> b) {
  if constexpr (kFitsInt16<Format, 2 * kSteps>) {
    return hn::BitCast(
        DotI(), hn::Add(hn::BitCast(Dot16(), a), hn::BitCast(Dot16(), b)));
  } else {
    return hn::Add(a, b);
  }
}

// Two steps' sums: of a and b by turns.
template <class Format>
HWY_INLINE hn::Vec<DotI> MergeSteps(hn::Vec<DotI> a, hn::Vec<DotI> b) {
  a = Widened<Format, 1>(a);
  b = Widened<Format, 1>(b);
  const DotI di;
  return AddSums<Format, 1>(hn::InterleaveLower(di, a, b),
                            hn::InterleaveUpper(di, a, b));
}

// Four steps' sums in each half of a vector.
template <class Format>
HWY_INLINE hn::Vec<DotI> MergePairs(hn::Vec<DotI> a, hn::Vec<DotI> b) {
  const auto a64 = hn::BitCast(Dot64(), Widened<Format, 2>(a));
  const auto b64 = hn::BitCast(Dot64(), Widened<Format, 2>(b));
  return AddSums<Format, 2>(
      hn::BitCast(DotI(), hn::OddEven(b64, a64)),
      hn::BitCast(DotI(), hn::CombineShiftRightBytes<8>(Dot64(), b64, a64)));
}

// Eight steps' sums.
template <class Format>
HWY_INLINE hn::Vec<DotI> MergeHalves(hn::Vec<DotI> a, hn::Vec<DotI> b) {
  a = Widened<Format, 4>(a);
  b = Widened<Format, 4>(b);
  const DotI di;
  return AddSums<Format, 4>(hn::ConcatUpperLower(di, b, a),
                            hn::ConcatLowerUpper(di, b, a));
}

// Returns what Widened() has or has not made int32 in float32.
template <class Format, size_t kSteps>
HWY_INLINE hn::Vec<DotF> SumsToFloat(hn::Vec<DotI> sums) {
  if constexpr (kFitsInt16<Format, kSteps>) {
    sums = hn::WidenMulPairwiseAdd(DotI(), hn::BitCast(Dot16(), sums),
                                   hn::Set(Dot16(), 1));
  }
  return hn::ConvertTo(DotF(), sums);
}

// The tree of one token.
template <class Format>
struct SumTree {
  // Steps 2 * kPair and 2 * kPair + 1; pairs come in order.
  template <size_t kPair>
  HWY_INLINE void Add(hn::Vec<DotI> first, hn::Vec<DotI> second) {
    const auto both = MergeSteps<Format>(first, second);
    if constexpr (kPair % 2 == 0) {
      pair = both;
    } else if constexpr (kPair == 1) {
      lower = MergePairs<Format>(pair, both);
    } else {
      upper = MergePairs<Format>(pair, both);
    }
  }
  // Adds dot products * factors to a token's two sums.
  HWY_INLINE void AddTo(const float* HWY_RESTRICT factors, hn::Vec<DotF>& even,
                        hn::Vec<DotF>& odd) const {
    const DotF df;
    const auto load = [&](size_t i)
                          HWY_ATTR { return hn::Load(df, factors + i); };
    if constexpr (Format::kScaleElements == kPartElements) {
      const auto dots =
          SumsToFloat<Format, 8>(MergeHalves<Format>(lower, upper));
      even = hn::MulAdd(dots, load(0), even);
    } else {
      // A step's first 16 elements are in the lower half, the others in the
      // upper one.
      static constexpr int32_t kStepLanes[8] = {0, 2, 4, 6, 1, 3, 5, 7};
      const auto lanes = hn::SetTableIndices(df, kStepLanes);
      even = hn::MulAdd(SumsToFloat<Format, 4>(lower),
                        hn::TableLookupLanes(load(0), lanes), even);
      odd = hn::MulAdd(SumsToFloat<Format, 4>(upper),
                       hn::TableLookupLanes(load(8), lanes), odd);
    }
  }

  hn::Vec<DotI> pair;  // not initialised, like the others
  hn::Vec<DotI> lower;
  hn::Vec<DotI> upper;
};

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // KRAIT_SUM_TREE

#endif  // per-target include guard
