// SPDX-License-Identifier: Apache-2.0
// The register tile of the MatMul kernels with float32 products. A step is 4
// bytes of each of kPackRows rows, a float32 column, which meet 4 bytes of a
// token, broadcast. A tile of tokens shares each load
// of weights; its height never changes the order of additions of a token.
//
// A Step type brings:
//   kCols                       columns in a step
//   VW Weights(const void*)     the next vector of rows of a step
//   VA Activation(const void*)  4 bytes, broadcast
//   VF MulAdd(VW, VA, VF)
// Where the last step lacks columns, both sides are padded with zeros.

// Per-target include guard: see hwy/examples/skeleton-inl.h.
#if defined(KRAIT_SIMD_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KRAIT_SIMD_TILE_INL_H_
#undef KRAIT_SIMD_TILE_INL_H_
#else
#define KRAIT_SIMD_TILE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "simd/matmul_kernels.h"
#include "simd/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace krait::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kStepBytes = 4;
constexpr size_t kPanelStepBytes = kStepBytes * kPackRows;

// Copies columns of `num_tokens` rows of x, of T each, to a tile.
template <typename T>
void CopyTokenRows(const T* HWY_RESTRICT x, size_t x_stride, size_t num_tokens,
                   size_t cols, uint8_t* HWY_RESTRICT tile) {
  for (size_t t = 0; t < num_tokens; ++t, tile += kTileStrideBytes) {
    const size_t bytes = cols * sizeof(T);
    std::memcpy(tile, x + t * x_stride, bytes);
    std::memset(tile + bytes, 0, bytes % kStepBytes);
  }
}

#if KRAIT_SIZELESS_VECTORS

// No arrays: four tokens by name.
constexpr size_t kFloatTileTokens = 4;

template <class Step, size_t kTokens>
HWY_INLINE void TileRows(const TileTask& task, size_t row) {
  static_assert(kTokens == 4 || kTokens == 2 || kTokens == 1);
  const RowTagF df;
  const size_t rows = task.rows - row;
  const uint8_t* HWY_RESTRICT a = task.tokens;
  const uint8_t* HWY_RESTRICT w = task.panel + row * kStepBytes;
  float* y = task.y + row;
  const size_t y1 = task.y_stride;
  auto sum0 = hn::Zero(df);
  auto sum1 = sum0;
  auto sum2 = sum0;
  auto sum3 = sum0;
  if (!task.is_first) {
    sum0 = LoadSums(y, rows);
    if (kTokens > 1) sum1 = LoadSums(y + y1, rows);
    if (kTokens > 2) sum2 = LoadSums(y + 2 * y1, rows);
    if (kTokens > 2) sum3 = LoadSums(y + 3 * y1, rows);
  }
  constexpr size_t kNext = kTileStrideBytes;
  for (size_t c = 0; c < task.cols; c += Step::kCols) {
    const auto v = Step::Weights(w);
    sum0 = Step::MulAdd(v, Step::Activation(a), sum0);
    if (kTokens > 1) sum1 = Step::MulAdd(v, Step::Activation(a + kNext), sum1);
    if (kTokens > 2) {
      sum2 = Step::MulAdd(v, Step::Activation(a + 2 * kNext), sum2);
      sum3 = Step::MulAdd(v, Step::Activation(a + 3 * kNext), sum3);
    }
    w += kPanelStepBytes;
    a += kStepBytes;
  }
  StoreSums(sum0, y, rows);
  if (kTokens > 1) StoreSums(sum1, y + y1, rows);
  if (kTokens > 2) StoreSums(sum2, y + 2 * y1, rows);
  if (kTokens > 2) StoreSums(sum3, y + 3 * y1, rows);
}

template <class Step, size_t kTokens>
HWY_NOINLINE void RunFloatTile(const TileTask& task) {
  for (size_t row = 0; row < task.rows; row += hn::Lanes(RowTagF())) {
    TileRows<Step, kTokens>(task, row);
  }
}

#else  // !KRAIT_SIZELESS_VECTORS

// 16 sums of 32 registers, 8 of 16: enough to hide the latency.
constexpr size_t kFloatTileTokens = kLanes == 16 ? 8 : 4;

template <class Step, size_t kTokens, size_t kVecs>
HWY_INLINE void AddStep(const uint8_t* HWY_RESTRICT w,
                        const uint8_t* HWY_RESTRICT a,
                        TileSums<kTokens, kVecs>& sums) {
  typename Step::VW weights[kVecs];
  HWY_UNROLL(2)
  for (size_t i = 0; i < kVecs; ++i) {
    weights[i] = Step::Weights(w + i * kLanes * kStepBytes);
  }
  HWY_UNROLL(16)
  for (size_t t = 0; t < kTokens; ++t) {
    const auto activation = Step::Activation(a + t * kTileStrideBytes);
    HWY_UNROLL(2)
    for (size_t i = 0; i < kVecs; ++i) {
      sums.v[t][i] = Step::MulAdd(weights[i], activation, sums.v[t][i]);
    }
  }
}

template <class Step, size_t kTokens, size_t kVecs>
HWY_INLINE void TileRows(const TileTask& task, size_t row) {
  float* y = task.y + row;
  const size_t rows = task.rows - row;
  TileSums<kTokens, kVecs> sums;
  sums.Clear();
  if (!task.is_first) sums.Load(y, task.y_stride, rows);
  const uint8_t* HWY_RESTRICT w = task.panel + row * kStepBytes;
  const uint8_t* HWY_RESTRICT a = task.tokens;
  for (size_t c = 0; c < task.cols; c += Step::kCols) {
    AddStep<Step>(w, a, sums);
    w += kPanelStepBytes;
    a += kStepBytes;
  }
  sums.Store(y, task.y_stride, rows);
}

template <class Step, size_t kTokens>
HWY_NOINLINE void RunFloatTile(const TileTask& task) {
  size_t row = 0;
  for (; row + kLanes < task.rows; row += 2 * kLanes) {
    TileRows<Step, kTokens, 2>(task, row);
  }
  if (row < task.rows) TileRows<Step, kTokens, 1>(task, row);
}

#endif  // KRAIT_SIZELESS_VECTORS

}  // namespace krait::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
