// SPDX-License-Identifier: Apache-2.0
// How rows of any quantised format lie in a panel of MatMul, and how they get
// there. A chunk of kPackRows (16 or 32) rows becomes
//   quants [columns / 4, rows, 4]
//   scales, minima [columns / scale elements, rows]
// Then 4 bytes of a token's activations, broadcast, meet a vector of rows in
// one instruction, or in a few.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_QUANT_INT8_PANEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_QUANT_INT8_PANEL_INL_H_
#undef KRAIT_SIMD_QUANT_INT8_PANEL_INL_H_
#else
#define KRAIT_SIMD_QUANT_INT8_PANEL_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "simd/panel-inl.h"
#include "simd/quant/blocks-inl.h"
#include "simd/quant/int8_dot-inl.h"
#include "simd/quant/matmul_int8.h"
#include "simd/weights.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Bytes of a panel, whatever the format.
constexpr size_t kInt8PanelBytes = kInt8RowBytes * kPackRows;

// The parts of a panel, in its bytes.
struct Int8Panel {
  HWY_INLINE explicit Int8Panel(uint8_t* panel) {
    void* quants_at = panel;
    void* scales_at = panel + kQ8ChunkCols * kPackRows;
    quants = static_cast<int8_t*>(quants_at);
    scales = static_cast<float*>(scales_at);
    minima = scales + kQ8ChunkScales * kPackRows;
  }
  int8_t* HWY_RESTRICT quants;
  float* HWY_RESTRICT scales;
  float* HWY_RESTRICT minima;
};

#if HWY_TARGET == HWY_SCALAR

// Interleaves `cols` quants of four rows: out [cols / 4, kPackRows, 4].
HWY_INLINE void InterleaveRows(const int8_t* const (&rows)[4], size_t cols,
                               int8_t* HWY_RESTRICT out) {
  for (size_t c = 0; c < cols; c += 4) {
    for (size_t r = 0; r < 4; ++r) {
      std::memcpy(out + c * kPackRows + r * 4, rows[r] + c, 4);
    }
  }
}

#else

HWY_INLINE void InterleaveRows(const int8_t* const (&rows)[4], size_t cols,
                               int8_t* HWY_RESTRICT out_bytes) {
  const hn::FixedTag<uint32_t, 4> d4;
  const hn::Repartition<int8_t, decltype(d4)> d8;
  void* out_at = out_bytes;
  auto* out = static_cast<uint32_t*>(out_at);
  const auto load = [&](size_t row, size_t c) HWY_ATTR {
    return PrepareQuants(hn::BitCast(d4, hn::LoadU(d8, rows[row] + c)));
  };
  for (size_t c = 0; c < cols; c += 16) {
    StoreTransposed4(d4, load(0, c), load(1, c), load(2, c), load(3, c),
                     out + c / 4 * kPackRows, kPackRows);
  }
}

#endif  // HWY_TARGET

// Interleaves the scales of four rows: out [kScales, kPackRows].
template <size_t kScales>
HWY_INLINE void InterleaveScales(const float* a, const float* b, const float* c,
                                 const float* d, float* HWY_RESTRICT out) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (kScales % 4 == 0) {
    const hn::FixedTag<float, 4> d4;
    for (size_t i = 0; i < kScales; i += 4) {
      StoreTransposed4(d4, hn::LoadU(d4, a + i), hn::LoadU(d4, b + i),
                       hn::LoadU(d4, c + i), hn::LoadU(d4, d + i),
                       out + i * kPackRows, kPackRows);
    }
    return;
  }
#endif
  for (size_t i = 0; i < kScales; ++i, out += kPackRows) {
    out[0] = a[i];
    out[1] = b[i];
    out[2] = c[i];
    out[3] = d[i];
  }
}

// Whether a panel has a format's quants as they are stored: unsigned ones are
// faster without VNNI (AddGroups in matmul_int8.cc).
template <class Format>
constexpr bool kPacksRaw = KRAIT_ABS_WEIGHTS && !Format::kIsSigned;

// Packs a block of each of four rows; `to` is where its first column, and the
// first row, go.
template <class Format>
HWY_INLINE void PackFourBlocks(const PanelRows& rows, size_t row,
                               size_t ofs_bytes, const Int8Panel& to) {
  constexpr bool kRaw = kPacksRaw<Format>;
  using Unpacked =
      UnpackedBlock<Format, kRaw ? Offset::kInMinima : Offset::kTakenOff>;
  const Unpacked a(rows[row] + ofs_bytes);
  const Unpacked b(rows[row + 1] + ofs_bytes);
  const Unpacked c(rows[row + 2] + ofs_bytes);
  const Unpacked d(rows[row + 3] + ofs_bytes);
  InterleaveRows({a.quants, b.quants, c.quants, d.quants},
                 BlockOf<Format>::kElements, to.quants + row * 4);
  constexpr size_t kScales = BlockOf<Format>::kScales;
  InterleaveScales<kScales>(a.scales, b.scales, c.scales, d.scales,
                            to.scales + row);
  if constexpr (Format::kHasMinima || (kRaw && Format::kOffset != 0)) {
    InterleaveScales<kScales>(a.minima, b.minima, c.minima, d.minima,
                              to.minima + row);
  }
}

// Packs columns [first_col, first_col + cols) of a group of rows into panels
// that follow each other.
template <class Format>
HWY_INLINE void PackInt8Group(const WeightView& w, const Int8Group& group,
                              uint8_t* HWY_RESTRICT panels) {
  using Block = BlockOf<Format>;
  const size_t row_bytes = RowBytes(Format::kType, w.cols);
  const auto* data = static_cast<const uint8_t*>(w.data);
  for (size_t r = 0; r < group.rows; r += kPackRows) {
    const PanelRows rows{.first = data + (group.first_row + r) * row_bytes,
                         .row_bytes = row_bytes,
                         .rows = std::min(kPackRows, group.rows - r)};
    Int8Panel to(panels + r / kPackRows * kInt8PanelBytes);
    for (size_t c = 0; c < group.cols; c += Block::kElements) {
      const size_t ofs_bytes =
          (group.first_col + c) / Block::kElements * Block::kBytes;
      for (size_t row = 0; row < kPackRows; row += 4) {
        PackFourBlocks<Format>(rows, row, ofs_bytes, to);
      }
      to.quants += Block::kElements * kPackRows;
      to.scales += Block::kScales * kPackRows;
      to.minima += Block::kScales * kPackRows;
    }
  }
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
