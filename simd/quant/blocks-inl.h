// SPDX-License-Identifier: Apache-2.0
// What a quantised format is to the kernels. A format is a struct:
//
//   kType           its row in weight_format.h, which knows the block
//   kScaleElements  elements that share a scale: 16 or 32
//   kHasMinima      element = scale * quant - minimum, else scale * quant
//   kIsSigned       Raw() gives quants, int8
//   kOffset         otherwise Raw() gives quant + kOffset,
//   kRawMax         which is in 0..kRawMax (at most 63); both 0 if signed
//   Scales(block, scales, minima)
//                   writes both in float32, one per kScaleElements, rounded as
//                   ggml's dequantisation does (blocks of 256)
//   kScaleAt, kAddendAt
//                   where the binary16 scale is, and what is the minimum's
//                   negative if there is one (blocks of 32)
//   Raw<kPart>(d8, block, i)
//                   returns elements i.. of the block's part kPart (32
//                   elements) in a vector of 32, 16 or 1 lanes
//   RawPair<kPair>(d8, block)
//                   optional: the same of parts 2 * kPair and 2 * kPair + 1 in
//                   a vector of 64 lanes (blocks of 256)
//   RawTwo(d8, first, second)
//                   optional: the same of two blocks (of 32)
//
// From that come a row in float32, the panels of MatMul and, in
// row_product-inl.h, MatVecs.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_QUANT_BLOCKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_QUANT_BLOCKS_INL_H_
#undef KRAIT_SIMD_QUANT_BLOCKS_INL_H_
#else
#define KRAIT_SIMD_QUANT_BLOCKS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <utility>

#include "hwy/highway.h"
#include "simd/activations.h"
#include "simd/quant/bits-inl.h"
#include "simd/weight_format.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The vectors that a part is read in: its 32 bytes at once, or in two halves,
// or one by one. 256 bits use all three vector ports of an Intel core.
using PartI = hn::CappedTag<int32_t, KRAIT_SIZELESS_VECTORS ? 4 : 8>;
using PartF = hn::RebindToFloat<PartI>;
#if HWY_TARGET == HWY_SCALAR
using Part8 = hn::CappedTag<int8_t, 1>;
#else
using Part8 = hn::Repartition<int8_t, PartI>;
#endif
constexpr size_t kPartElements = kQ8BlockSize;
constexpr size_t kPartLanes = HWY_MAX_LANES_D(Part8);
static_assert(kPartLanes == 32 || kPartLanes == 16 || kPartLanes == 1);

template <class Format>
struct BlockOf {
  static constexpr size_t kElements = FormatOf(Format::kType).block_elements;
  static constexpr size_t kBytes = FormatOf(Format::kType).block_bytes;
  static constexpr size_t kParts = kElements / kPartElements;
  static constexpr size_t kScales = kElements / Format::kScaleElements;
  using Parts = std::make_index_sequence<kParts>;
};

// Writes the scales of a block, and the minima if there are any.
template <class Format>
HWY_INLINE void StoreScales(const uint8_t* HWY_RESTRICT block,
                            float* HWY_RESTRICT scales,
                            float* HWY_RESTRICT minima) {
  if constexpr (BlockOf<Format>::kParts == 1) {
    scales[0] = LoadHalf(block + Format::kScaleAt);
    if constexpr (Format::kHasMinima) {
      minima[0] = -LoadHalf(block + Format::kAddendAt);
    }
  } else {
    Format::Scales(block, scales, minima);
  }
}

// Writes what Raw() gives for one part to raw[32].
template <class Format, size_t kPart>
HWY_INLINE void StoreRawPart(const uint8_t* HWY_RESTRICT block,
                             int8_t* HWY_RESTRICT raw) {
  const Part8 d8;
  for (size_t i = 0; i < kPartElements; i += kPartLanes) {
    hn::StoreU(Format::template Raw<kPart>(d8, block, i), d8, raw + i);
  }
}

template <class Format, size_t... kPart>
HWY_INLINE void StoreRaw(const uint8_t* HWY_RESTRICT block,
                         int8_t* HWY_RESTRICT raw,
                         std::index_sequence<kPart...>) {
  (StoreRawPart<Format, kPart>(block, raw + kPart * kPartElements), ...);
}

// What becomes of an offset: it is taken off the quants, or it is left in them
// and goes to the minima, as unsigned quants multiply faster.
enum class Offset { kTakenOff, kInMinima };

// A block in the form that all formats share.
template <class Format, Offset kOffset = Offset::kTakenOff>
struct UnpackedBlock {
  // Not initialised: filled whole.
  HWY_INLINE explicit UnpackedBlock(const uint8_t* HWY_RESTRICT block) {
    StoreScales<Format>(block, scales, minima);
    StoreRaw<Format>(block, quants, typename BlockOf<Format>::Parts());
    if constexpr (Format::kOffset == 0) return;
    if constexpr (kOffset == Offset::kInMinima) {
      for (size_t i = 0; i < BlockOf<Format>::kScales; ++i) {
        minima[i] = scales[i] * float{Format::kOffset};
      }
    } else {
      const Part8 d8;
      const auto offset = hn::Set(d8, int8_t{Format::kOffset});
      for (size_t i = 0; i < BlockOf<Format>::kElements; i += kPartLanes) {
        hn::StoreU(hn::Sub(hn::LoadU(d8, quants + i), offset), d8, quants + i);
      }
    }
  }

  HWY_ALIGN int8_t quants[BlockOf<Format>::kElements];
  HWY_ALIGN float scales[BlockOf<Format>::kScales];
  HWY_ALIGN float minima[BlockOf<Format>::kScales];  // if there are any
};

// A row in float32. Product and difference are rounded one by one, as in ggml.
template <class Format>
HWY_INLINE void ExpandBlocks(const uint8_t* HWY_RESTRICT row, size_t cols,
                             float* HWY_RESTRICT out) {
  using Block = BlockOf<Format>;
  const hn::CappedTag<float, 16> df;  // divides kScaleElements
  const hn::Rebind<int8_t, decltype(df)> d8;
  const hn::Rebind<int32_t, decltype(df)> di;
  for (size_t c = 0; c < cols; c += Block::kElements, row += Block::kBytes) {
    const UnpackedBlock<Format> block(row);
    for (size_t i = 0; i < Block::kElements; i += hn::Lanes(df)) {
      const size_t at = i / Format::kScaleElements;
      const auto quants = hn::PromoteTo(di, hn::LoadU(d8, block.quants + i));
      auto value =
          hn::Mul(hn::Set(df, block.scales[at]), hn::ConvertTo(df, quants));
      if constexpr (Format::kHasMinima) {
        value = hn::Sub(value, hn::Set(df, block.minima[at]));
      }
      hn::StoreU(value, df, out + c + i);
    }
  }
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
