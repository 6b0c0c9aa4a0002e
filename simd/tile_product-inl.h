// SPDX-License-Identifier: Apache-2.0
// Small matrix products in register tiles, for operands that lie in the first
// and second level caches:
//   c[r, :] = scale[r] * initial[r, :] + sum_k a[r, k] * b[k, :]
// A tile is kTileRows x 2 vectors of c. Per k it loads two vectors of b and
// broadcasts kTileRows elements of a, so that the multiply-adds (not the
// loads) are the limit, and there are accumulators enough to hide their
// latency. Each element of c is computed in the same order of operations (k
// ascending) whatever the tile it falls into, so that no result depends on the
// number of rows or on the other columns.

#if defined(KRAIT_SIMD_TILE_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_TILE_PRODUCT_INL_H_
#undef KRAIT_SIMD_TILE_PRODUCT_INL_H_
#else
#define KRAIT_SIMD_TILE_PRODUCT_INL_H_
#endif

#include <stddef.h>

#include "hwy/highway.h"

// The accumulators of a tile: row i has a<i> and, if it is two vectors wide,
// b<i>. Scalable vectors (SVE) cannot be elements of arrays or structs.
#ifndef KRAIT_TILE
#define KRAIT_TILE \
  a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7
#define KRAIT_TILE_PARAMETERS                                                  \
  V &a0, V &a1, V &a2, V &a3, V &a4, V &a5, V &a6, V &a7, V &b0, V &b1, V &b2, \
      V &b3, V &b4, V &b5, V &b6, V &b7
#endif

HWY_BEFORE_NAMESPACE();
namespace krait::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// 8 x 2 accumulators, two vectors of b and a broadcast fit into 32 registers,
// but not into the 16 of x86 before AVX-512.
#if HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3
#define KRAIT_TILE_ROWS 4
#else
#define KRAIT_TILE_ROWS 8
#endif
inline constexpr size_t kTileRows = KRAIT_TILE_ROWS;
#undef KRAIT_TILE_ROWS

// a[rows, depth] * b[depth, cols]; strides in floats. Columns of b are
// contiguous, and so are rows of a if the tile says kColumnMajorA.
struct Factors {
  const float* a = nullptr;
  size_t a_row = 1;  // stride from row to row of a
  size_t a_k = 1;    // stride along the depth of a
  const float* b = nullptr;
  size_t b_k = 0;
  size_t depth = 0;
};

// What the sum starts from.
enum class TileInit {
  kZero,     // nothing
  kOutput,   // scale[r] * c[r, :]
  kProduct,  // scale[r] * (first.a * first.b)[r, :]
};

struct TileProduct {
  Factors first;   // for TileInit::kProduct
  Factors second;  // the product that is always added
  const float* scale = nullptr;
  size_t scale_row = 0;  // 0: one factor for all rows
  float* c = nullptr;
  size_t c_row = 0;
};

// What a caller chooses at compile time.
//   kTriangle: second.a is lower triangular; row r sums over k <= r only, and
//     neither a above the diagonal nor b below row r is looked at
//   kColumnMajorA: second.a_row is 1 (first.a_row always is)
template <TileInit kInitValue, bool kTriangleValue, bool kColumnMajorValue>
struct TileKind {
  static constexpr TileInit kInit = kInitValue;
  static constexpr bool kTriangle = kTriangleValue;
  static constexpr bool kColumnMajorA = kColumnMajorValue;
};

// Two vectors, or the first `count` lanes of one (which may be all: rows are
// seldom that short, and another width would cost a third of the compile time).
enum class TileWidth { kTwo, kPartial };

template <TileWidth kWidth, class D>
HWY_INLINE hn::Vec<D> LoadTile(D d, const float* p, size_t count) {
  if constexpr (kWidth == TileWidth::kPartial) return hn::LoadN(d, p, count);
  return hn::LoadU(d, p);
}

// Calls f(i, a<i>, b<i>) for kFirst <= i < kRows.
template <size_t kFirst, size_t kRows, class V, class F>
HWY_INLINE void ForRows(KRAIT_TILE_PARAMETERS, const F& f) {
  if constexpr (kFirst <= 0 && kRows > 0) f(0, a0, b0);
  if constexpr (kFirst <= 1 && kRows > 1) f(1, a1, b1);
  if constexpr (kFirst <= 2 && kRows > 2) f(2, a2, b2);
  if constexpr (kFirst <= 3 && kRows > 3) f(3, a3, b3);
  if constexpr (kFirst <= 4 && kRows > 4) f(4, a4, b4);
  if constexpr (kFirst <= 5 && kRows > 5) f(5, a5, b5);
  if constexpr (kFirst <= 6 && kRows > 6) f(6, a6, b6);
  if constexpr (kFirst <= 7 && kRows > 7) f(7, a7, b7);
}

// Adds a[i * a_row] * b[:] to the rows kFirst <= i < kRows.
template <size_t kFirst, size_t kRows, TileWidth kWidth, class D,
          class V = hn::Vec<D>>
HWY_INLINE void AddOuter(D d, const float* HWY_RESTRICT a, size_t a_row,
                         const float* HWY_RESTRICT b, size_t count,
                         KRAIT_TILE_PARAMETERS) {
  constexpr bool kTwo = kWidth == TileWidth::kTwo;
  const V left = LoadTile<kWidth>(d, b, count);
  const V right = kTwo ? hn::LoadU(d, b + hn::Lanes(d)) : left;
  ForRows<kFirst, kRows, V>(
      KRAIT_TILE, [&](size_t i, V& sum_left, V& sum_right) HWY_ATTR {
        const V factor = hn::Set(d, a[i * a_row]);
        sum_left = hn::MulAdd(factor, left, sum_left);
        if constexpr (kTwo) sum_right = hn::MulAdd(factor, right, sum_right);
      });
}

// Adds the columns kRow.. of the triangle, each to the rows at and below it.
template <size_t kRow, size_t kRows, TileWidth kWidth, class D,
          class V = hn::Vec<D>>
HWY_INLINE void AddTriangle(D d, const float* HWY_RESTRICT a, size_t a_row,
                            size_t a_k, const float* HWY_RESTRICT b, size_t b_k,
                            size_t count, KRAIT_TILE_PARAMETERS) {
  if constexpr (kRow < kRows) {
    AddOuter<kRow, kRows, kWidth>(d, a, a_row, b, count, KRAIT_TILE);
    AddTriangle<kRow + 1, kRows, kWidth>(d, a + a_k, a_row, a_k, b + b_k, b_k,
                                         count, KRAIT_TILE);
  }
}

// c = scale * (c or the sums so far), for tiles that begin with something.
template <size_t kRows, TileWidth kWidth, TileInit kInit, class D,
          class V = hn::Vec<D>>
HWY_INLINE void ScaleTile(D d, const TileProduct& p, size_t row,
                          const float* HWY_RESTRICT c, size_t count,
                          KRAIT_TILE_PARAMETERS) {
  constexpr bool kTwo = kWidth == TileWidth::kTwo;
  const float* HWY_RESTRICT scale = p.scale + row * p.scale_row;
  ForRows<0, kRows, V>(KRAIT_TILE, [&](size_t i, V& left, V& right) HWY_ATTR {
    if constexpr (kInit == TileInit::kOutput) {
      left = LoadTile<kWidth>(d, c + i * p.c_row, count);
      if constexpr (kTwo) {
        right = hn::LoadU(d, c + i * p.c_row + hn::Lanes(d));
      }
    }
    const V factor = hn::Set(d, scale[i * p.scale_row]);
    left = hn::Mul(left, factor);
    if constexpr (kTwo) right = hn::Mul(right, factor);
  });
}

template <size_t kRows, TileWidth kWidth, class D, class V = hn::Vec<D>>
HWY_INLINE void StoreTile(D d, float* HWY_RESTRICT c, size_t c_row,
                          size_t count, KRAIT_TILE_PARAMETERS) {
  ForRows<0, kRows, V>(KRAIT_TILE, [&](size_t i, V& left, V& right) HWY_ATTR {
    float* HWY_RESTRICT to = c + i * c_row;
    if constexpr (kWidth == TileWidth::kPartial) {
      hn::StoreN(left, d, to, count);
    } else {
      hn::StoreU(left, d, to);
    }
    if constexpr (kWidth == TileWidth::kTwo) {
      hn::StoreU(right, d, to + hn::Lanes(d));
    }
  });
}

// The tile whose first element is c[row, col].
template <class Kind, size_t kRows, TileWidth kWidth, class D>
HWY_INLINE void ComputeTile(D d, const TileProduct& p, size_t row, size_t col,
                            size_t count) {
  using V = hn::Vec<D>;
  V a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0,
    a7 = a0;
  V b0 = a0, b1 = a0, b2 = a0, b3 = a0, b4 = a0, b5 = a0, b6 = a0, b7 = a0;
  if constexpr (Kind::kInit == TileInit::kProduct) {
    const float* HWY_RESTRICT a = p.first.a + row;
    const float* HWY_RESTRICT b = p.first.b + col;
    for (size_t k = 0; k < p.first.depth; ++k) {
      AddOuter<0, kRows, kWidth>(d, a, 1, b, count, KRAIT_TILE);
      a += p.first.a_k;
      b += p.first.b_k;
    }
  }
  float* HWY_RESTRICT c = p.c + row * p.c_row + col;
  if constexpr (Kind::kInit != TileInit::kZero) {
    ScaleTile<kRows, kWidth, Kind::kInit>(d, p, row, c, count, KRAIT_TILE);
  }
  const size_t a_row = Kind::kColumnMajorA ? 1 : p.second.a_row;
  const float* HWY_RESTRICT a = p.second.a + row * a_row;
  const float* HWY_RESTRICT b = p.second.b + col;
  const size_t depth = Kind::kTriangle ? row : p.second.depth;
  for (size_t k = 0; k < depth; ++k) {
    AddOuter<0, kRows, kWidth>(d, a, a_row, b, count, KRAIT_TILE);
    a += p.second.a_k;
    b += p.second.b_k;
  }
  if constexpr (Kind::kTriangle) {
    AddTriangle<0, kRows, kWidth>(d, a, a_row, p.second.a_k, b, p.second.b_k,
                                  count, KRAIT_TILE);
  }
  StoreTile<kRows, kWidth>(d, c, p.c_row, count, KRAIT_TILE);
}

// One column of tiles: the columns of b stay in the first level cache while
// the rows go by.
template <class Kind, TileWidth kWidth, class D>
HWY_NOINLINE void ComputeColumn(D d, const TileProduct& p, size_t row,
                                size_t rows, size_t col, size_t count) {
  for (; row + kTileRows <= rows; row += kTileRows) {
    ComputeTile<Kind, kTileRows, kWidth>(d, p, row, col, count);
  }
  if constexpr (kTileRows > 4) {
    if (row + 4 <= rows) {
      ComputeTile<Kind, 4, kWidth>(d, p, row, col, count);
      row += 4;
    }
  }
  if (row + 2 <= rows) {
    ComputeTile<Kind, 2, kWidth>(d, p, row, col, count);
    row += 2;
  }
  if (row < rows) ComputeTile<Kind, 1, kWidth>(d, p, row, col, count);
}

// c[row_begin..rows, col_begin..cols].
template <class Kind, class D>
HWY_INLINE void ComputeProduct(D d, const TileProduct& p, size_t rows,
                               size_t cols, size_t row_begin = 0,
                               size_t col_begin = 0) {
  const size_t lanes = hn::Lanes(d);
  size_t col = col_begin;
  for (; col + 2 * lanes <= cols; col += 2 * lanes) {
    ComputeColumn<Kind, TileWidth::kTwo>(d, p, row_begin, rows, col, lanes);
  }
  for (; col < cols; col += lanes) {
    const size_t count = HWY_MIN(lanes, cols - col);
    ComputeColumn<Kind, TileWidth::kPartial>(d, p, row_begin, rows, col, count);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace krait::simd
HWY_AFTER_NAMESPACE();

#endif  // toggle
