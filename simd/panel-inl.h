// SPDX-License-Identifier: Apache-2.0
// What the MatMul kernels share: the loops over blocks, the transposition that
// interleaves rows into a panel of kPackRows, and the accumulators of a tile of
// tokens.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_PANEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_PANEL_INL_H_
#undef KRAIT_SIMD_PANEL_INL_H_
#else
#define KRAIT_SIMD_PANEL_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "simd/matmul.h"
#include "simd/matmul_kernels.h"

// SVE's vectors cannot be in arrays or structs, whether or not their size is
// known.
#undef KRAIT_SIZELESS_VECTORS
#define KRAIT_SIZELESS_VECTORS (HWY_HAVE_SCALABLE || HWY_TARGET_IS_SVE)

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The panel's rows in memory. A panel may have fewer than kPackRows; the last
// one then stands in for the missing, whose results nobody stores.
struct PanelRows {
  const uint8_t* first = nullptr;
  size_t row_bytes = 0;
  size_t rows = 0;

  HWY_INLINE const uint8_t* operator[](size_t i) const {
    return first + std::min(i, rows - 1) * row_bytes;
  }
};

#if HWY_TARGET != HWY_SCALAR

// Lane j of column i becomes lane i of column j, and goes to out + j * stride.
template <class D4, class V>
HWY_INLINE void StoreTransposed4(D4 d, V v0, V v1, V v2, V v3,
                                 hn::TFromD<D4>* HWY_RESTRICT out,
                                 size_t stride) {
  const V even_lo = hn::InterleaveLower(d, v0, v2);
  const V odd_lo = hn::InterleaveLower(d, v1, v3);
  const V even_hi = hn::InterleaveUpper(d, v0, v2);
  const V odd_hi = hn::InterleaveUpper(d, v1, v3);
  hn::Store(hn::InterleaveLower(d, even_lo, odd_lo), d, out);
  hn::Store(hn::InterleaveUpper(d, even_lo, odd_lo), d, out + stride);
  hn::Store(hn::InterleaveLower(d, even_hi, odd_hi), d, out + 2 * stride);
  hn::Store(hn::InterleaveUpper(d, even_hi, odd_hi), d, out + 3 * stride);
}

#endif

// One lane per row. A tile is one or two of these high.
using RowTagF = hn::CappedTag<float, kMatMulPanelRows>;
using RowTagI = hn::RebindToSigned<RowTagF>;

// Loads and stores accumulators of the rows that exist: all lanes but in the
// last panel.
HWY_INLINE hn::Vec<RowTagF> LoadSums(const float* HWY_RESTRICT y, size_t rows) {
  const RowTagF df;
  if (HWY_LIKELY(rows >= hn::Lanes(df))) return hn::LoadU(df, y);
  return hn::LoadN(df, y, rows);
}
HWY_INLINE void StoreSums(hn::Vec<RowTagF> sums, float* HWY_RESTRICT y,
                          size_t rows) {
  const RowTagF df;
  if (HWY_LIKELY(rows >= hn::Lanes(df))) {
    hn::StoreU(sums, df, y);
  } else {
    hn::StoreN(sums, df, y, rows);
  }
}

#if KRAIT_SIZELESS_VECTORS

constexpr size_t kPackRows = kMatMulPanelRows;

#else

constexpr size_t kLanes = HWY_MAX_LANES_D(RowTagF);
// Two vectors of rows per broadcast halve the loads, which would be the
// bottleneck of one.
constexpr size_t kTileVecs = 2;
constexpr size_t kPackRows = HWY_MAX(kMatMulPanelRows, kTileVecs* kLanes);

// A tile's accumulators; lives in registers, thanks to the unrolling.
template <size_t kTokens, size_t kVecs>
struct TileSums {
  // Not implicit, because that would be compiled without the target's
  // attributes, which NEON's vectors do not permit.
  HWY_INLINE TileSums() {}
  hn::Vec<RowTagF> v[kTokens][kVecs];

  HWY_INLINE void Clear() {
    HWY_UNROLL(16)
    for (size_t t = 0; t < kTokens; ++t) {
      HWY_UNROLL(2)
      for (size_t i = 0; i < kVecs; ++i) v[t][i] = hn::Zero(RowTagF());
    }
  }
  HWY_INLINE void Load(const float* HWY_RESTRICT y, size_t y_stride,
                       size_t rows) {
    HWY_UNROLL(16)
    for (size_t t = 0; t < kTokens; ++t) {
      v[t][0] = LoadSums(y + t * y_stride, rows);
      if constexpr (kVecs == 2) {
        v[t][1] = LoadSums(y + t * y_stride + kLanes, rows - kLanes);
      }
    }
  }
  HWY_INLINE void Store(float* HWY_RESTRICT y, size_t y_stride,
                        size_t rows) const {
    HWY_UNROLL(16)
    for (size_t t = 0; t < kTokens; ++t) {
      StoreSums(v[t][0], y + t * y_stride, rows);
      if constexpr (kVecs == 2) {
        StoreSums(v[t][1], y + t * y_stride + kLanes, rows - kLanes);
      }
    }
  }
};

#endif  // KRAIT_SIZELESS_VECTORS

// A panel times a tile of tokens. The first `cols` columns of both count.
struct TileTask {
  uint8_t* panel = nullptr;
  uint8_t* tokens = nullptr;  // the tile, as an Op lays it
  // kQ8: the first token's quants of these columns; see ActivationView.
  const int8_t* quants = nullptr;
  size_t quants_stride = 0;
  size_t cols = 0;
  bool has_minima = false;  // of quantised weights
  bool is_first = true;     // accumulators start at 0, otherwise at y
  size_t rows = 0;          // of the panel that exist, 1..kPackRows
  float* y = nullptr;       // of the tile's first token, the panel's first row
  size_t y_stride = 0;
};

// A group of panels, packed, times all tokens of the batch from `token` on: in
// tiles of kTokens, the rest in smaller ones.
template <class Op, size_t kTokens>
void GroupTimesTokens(TileTask task, size_t group_rows, size_t token,
                      const ActivationView& x, size_t first_col) {
  uint8_t* panels = task.panel;
  float* y = task.y;
  for (; token + kTokens <= x.tokens; token += kTokens) {
    Op::LayTokens(x, token, kTokens, first_col, task);
    for (size_t r = 0; r < group_rows; r += kPackRows) {
      task.panel = panels + r / kPackRows * Op::kPanelBytes;
      task.rows = std::min(kPackRows, group_rows - r);
      task.y = y + token * task.y_stride + r;
      Op::template Run<kTokens>(task);
    }
  }
  task.panel = panels;
  task.y = y;
  if constexpr (kTokens > 1) {
    if (token < x.tokens) {
      GroupTimesTokens<Op, kTokens / 2>(task, group_rows, token, x, first_col);
    }
  }
}

// The loops of all MatMul kernels. An Op brings:
//   kPanelBytes, kChunkCols, kTileTokens
//   Pack(PanelRows, first_col, cols, panel)
//   LayTokens(x, token, num_tokens, first_col, task)  fills the tile
//   Run<kTokens>(TileTask)
template <class Op>
void MatMulBlocks(const WeightView& w, size_t row_begin, size_t row_end,
                  const ActivationView& x, const MatMulOutput& out,
                  void* scratch) {
  static_assert(Op::kTileTokens <= kMaxTileTokens);
  static_assert(kGroupRows % kPackRows == 0);
  const size_t row_bytes = RowBytes(w.type, w.cols);
  const auto* data = static_cast<const uint8_t*>(w.data);
  auto* tile = static_cast<uint8_t*>(scratch);
  uint8_t* panels = tile + kTileBytes;
  for (size_t begin = row_begin; begin < row_end; begin += kGroupRows) {
    const size_t group_rows = std::min(kGroupRows, row_end - begin);
    for (size_t col = 0; col < w.cols; col += Op::kChunkCols) {
      const size_t cols = std::min(Op::kChunkCols, w.cols - col);
      for (size_t r = 0; r < group_rows; r += kPackRows) {
        const PanelRows rows{.first = data + (begin + r) * row_bytes,
                             .row_bytes = row_bytes,
                             .rows = std::min(kPackRows, group_rows - r)};
        Op::Pack(rows, col, cols, panels + r / kPackRows * Op::kPanelBytes);
      }
      const TileTask task{.panel = panels,
                          .tokens = tile,
                          .cols = cols,
                          .is_first = col == 0,
                          .y = out.y + begin,
                          .y_stride = out.y_stride};
      GroupTimesTokens<Op, Op::kTileTokens>(task, group_rows, 0, x, col);
    }
  }
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
