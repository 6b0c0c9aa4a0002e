// SPDX-License-Identifier: Apache-2.0
// How a matrix meets a few vectors: in tiles of kVecRows rows by one or two
// tokens, all tokens of a group of rows before the next group. The first tile
// of a group brings its weights from memory; for the others they lie in the
// first-level cache, so that more tokens cost arithmetic but no bandwidth.
// Tiles are no larger because their sums have to stay in 16 registers.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_MATVEC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_MATVEC_INL_H_
#undef KRAIT_SIMD_MATVEC_INL_H_
#else
#define KRAIT_SIMD_MATVEC_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

inline constexpr size_t kVecRows = 4;

// Adds up the lanes of kVecRows rows' sums.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void StoreSums(D d, V sum0, V sum1, V sum2, V sum3,
                          float* HWY_RESTRICT y) {
  y[0] = hn::ReduceSum(d, sum0);
  y[1] = hn::ReduceSum(d, sum1);
  y[2] = hn::ReduceSum(d, sum2);
  y[3] = hn::ReduceSum(d, sum3);
}

// What a tile is at compile time: its tokens (1 or 2), and whether it is the
// first of its group of rows, which prefetches the next group's weights.
template <size_t kTokensValue, bool kFirstValue>
struct VecTile {
  static constexpr size_t kTokens = kTokensValue;
  static constexpr bool kFirst = kFirstValue;
};

// Computes all tokens of rows [row_begin, row_end). A Kernel has
//   Rows(VecTile, row, token): kVecRows rows from `row` on, the tile's tokens
//   OneRow(row, token)
// and rounds an element the same in either, whatever the tile it falls into.
template <class Kernel>
HWY_INLINE void MultiplyRows(const Kernel& kernel, size_t row_begin,
                             size_t row_end, size_t tokens) {
  size_t row = row_begin;
  for (; row + kVecRows <= row_end; row += kVecRows) {
    if (tokens == 1) {
      kernel.Rows(VecTile<1, true>(), row, 0);
      continue;
    }
    kernel.Rows(VecTile<2, true>(), row, 0);
    size_t token = 2;
    for (; token + 2 <= tokens; token += 2) {
      kernel.Rows(VecTile<2, false>(), row, token);
    }
    if (token < tokens) kernel.Rows(VecTile<1, false>(), row, token);
  }
  for (; row < row_end; ++row) {
    for (size_t token = 0; token < tokens; ++token) kernel.OneRow(row, token);
  }
}

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
