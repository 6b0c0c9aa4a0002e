// SPDX-License-Identifier: Apache-2.0
// What row_product-inl.h multiplies at once: a group of 256 weights in the
// file, or the small blocks that are left behind the last one, and the kQ8
// activations of a token that they meet.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_QUANT_ROW_GROUP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_QUANT_ROW_GROUP_INL_H_
#undef KRAIT_SIMD_QUANT_ROW_GROUP_INL_H_
#else
#define KRAIT_SIMD_QUANT_ROW_GROUP_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <utility>

#include "hwy/highway.h"
#include "simd/activations.h"
#include "simd/quant/blocks-inl.h"

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
template <class FormatIn>
struct Q8Token {
  using Format = FormatIn;
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
  // Those of a group's runs i and following.
  HWY_INLINE hn::Vec<ScaleF<Format>> Scales(size_t i) const {
    return hn::LoadU(ScaleF<Format>(), scales + i);
  }
  HWY_INLINE hn::Vec<ScaleF<Format>> Sums(size_t i) const {
    return hn::LoadU(ScaleF<Format>(), sums + i);
  }

  const int8_t* HWY_RESTRICT quants = nullptr;
  const float* HWY_RESTRICT scales = nullptr;
  const float* HWY_RESTRICT sums = nullptr;  // scale * sum of the quants
};

// Writes the scales of `blocks` small blocks, and the minima if there are any;
// zeros up to a group's eight.
template <class Format>
HWY_INLINE void StoreBlockScales(const uint8_t* HWY_RESTRICT bytes,
                                 size_t blocks, float* HWY_RESTRICT scales,
                                 float* HWY_RESTRICT minima) {
  constexpr size_t kBytes = BlockOf<Format>::kBytes;
  StoreHalves(bytes + Format::kScaleAt, kBytes, blocks, scales);
  if constexpr (Format::kHasMinima) {
    StoreHalves(bytes + Format::kAddendAt, kBytes, blocks, minima);
    const PartF df;
    for (size_t i = 0; i < kGroupParts; i += hn::Lanes(df)) {
      hn::StoreU(hn::Neg(hn::LoadU(df, minima + i)), df, minima + i);
    }
  }
}

// What is left of a token behind its last whole group: 0 where there is
// nothing.
template <class FormatIn>
struct Q8Tail {
  using Format = FormatIn;
  HWY_INLINE Q8Tail(const Q8Token<Format>& x, size_t count)
      : quants(x.quants), scales(x.scales), sums(x.sums), blocks(count) {}
  HWY_INLINE hn::Vec<ScaleF<Format>> Scales(size_t i) const {
    return Load(scales, i);
  }
  HWY_INLINE hn::Vec<ScaleF<Format>> Sums(size_t i) const {
    return Load(sums, i);
  }
  HWY_INLINE hn::Vec<ScaleF<Format>> Load(const float* HWY_RESTRICT from,
                                          size_t i) const {
    return hn::LoadN(ScaleF<Format>(), from + i, blocks - HWY_MIN(i, blocks));
  }

  const int8_t* HWY_RESTRICT quants;
  const float* HWY_RESTRICT scales;
  const float* HWY_RESTRICT sums;
  size_t blocks;
};

#if HWY_TARGET != HWY_SCALAR

// Two small blocks in a vector that holds both.
template <class Format>
HWY_INLINE hn::Vec<Dot8> RawOfTwo(const uint8_t* HWY_RESTRICT first,
                                  const uint8_t* HWY_RESTRICT second) {
  if constexpr (requires { Format::RawTwo(Dot8(), first, second); }) {
    return Format::RawTwo(Dot8(), first, second);
  } else {
    return hn::Combine(Dot8(), Format::template Raw<0>(Part8(), second, 0),
                       Format::template Raw<0>(Part8(), first, 0));
  }
}

#endif  // HWY_TARGET

// A group in the file.
template <class FormatIn>
struct FileGroup {
  using Format = FormatIn;
  using Block = BlockOf<Format>;
  static constexpr bool kIsWhole = true;
  const uint8_t* HWY_RESTRICT bytes;

  // Whether it has elements of the step.
  template <size_t kStep>
  HWY_INLINE bool Has() const {
    return true;
  }

  HWY_INLINE void Scales(float* HWY_RESTRICT scales,
                         float* HWY_RESTRICT minima) const {
    if constexpr (Block::kParts == 1) {
      StoreBlockScales<Format>(bytes, kGroupParts, scales, minima);
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
    } else if constexpr (Block::kParts == 1) {
      const uint8_t* first = bytes + 2 * kStep * Block::kBytes;
      return RawOfTwo<Format>(first, first + Block::kBytes);
    } else {
      return hn::Combine(Dot8(), Raw<2 * kStep + 1>(0), Raw<2 * kStep>(0));
    }
  }
#endif
};

// The small blocks behind the last whole group of a row. Nothing behind them is
// read, as the file may end there.
template <class FormatIn>
struct FileTail {
  using Format = FormatIn;
  static constexpr bool kIsWhole = false;
  const uint8_t* HWY_RESTRICT bytes;
  size_t blocks;

  template <size_t kStep>
  HWY_INLINE bool Has() const {
    return kStep * kStepElements < blocks * kPartElements;
  }
  HWY_INLINE void Scales(float* HWY_RESTRICT scales,
                         float* HWY_RESTRICT minima) const {
    StoreBlockScales<Format>(bytes, blocks, scales, minima);
  }
  template <size_t kPart>
  HWY_INLINE hn::Vec<Part8> Raw(size_t i) const {
    return Format::template Raw<0>(Part8(),
                                   bytes + kPart * BlockOf<Format>::kBytes, i);
  }

#if HWY_TARGET != HWY_SCALAR
  // The last block stands in for one that is missing: its scale is 0.
  template <size_t kStep>
  HWY_INLINE hn::Vec<Dot8> RawStep() const {
    if constexpr (kDotBytes <= kPartElements) {
      return Raw<kStep>(0);
    } else {
      constexpr size_t kBytes = BlockOf<Format>::kBytes;
      return RawOfTwo<Format>(
          bytes + 2 * kStep * kBytes,
          bytes + HWY_MIN(2 * kStep + 1, blocks - 1) * kBytes);
    }
  }
#endif
};

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
