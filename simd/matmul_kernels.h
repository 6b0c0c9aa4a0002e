// SPDX-License-Identifier: Apache-2.0
// What the kernels behind matmul.h agree on: output and blocking.
#ifndef KRAIT_SIMD_MATMUL_KERNELS_H_
#define KRAIT_SIMD_MATMUL_KERNELS_H_

#include <cstddef>

#include "simd/activations.h"
#include "simd/weights.h"

namespace krait::simd {

// MatMul writes y[t * y_stride + r].
struct MatMulOutput {
  float* y = nullptr;
  size_t y_stride = 0;
};

// Blocking. kGroupRows rows by a chunk of columns are repacked at once: they
// stay in the second-level cache (256 KiB) while all tokens pass over them. A
// tile of float tokens is copied next to each other, into the first-level
// cache, because rows of x may lie at a distance that maps them all to the same
// cache sets; kQ8 tokens lie well as they are. Accumulators go on where the
// last chunk left them: the order of additions, and so the result, is that of
// one run over all columns.
inline constexpr size_t kGroupRows = 128;
inline constexpr size_t kMaxTileTokens = 8;
inline constexpr size_t kF32ChunkCols = 512;
inline constexpr size_t kQ8ChunkCols = 2048;

// Bytes from one float token of a tile to the next; not a power of two, see
// above.
inline constexpr size_t kTileStrideBytes = 2048 + 64;
static_assert(kF32ChunkCols * 4 <= kTileStrideBytes);

// Scales of a row of a chunk: one for each 16 or 32 elements.
inline constexpr size_t kQ8ChunkScales = kQ8ChunkCols / 16;

// Bytes of a row in an int8 panel: quants, scales and minima.
inline constexpr size_t kInt8RowBytes =
    kQ8ChunkCols + 2 * kQ8ChunkScales * sizeof(float);

// Bytes of a tile, of float tokens or of what goes with kQ8 ones, and of a
// group of weights.
inline constexpr size_t kTileBytes = kMaxTileTokens * kTileStrideBytes;
static_assert(kQ8ChunkScales * 4 * sizeof(float) <= kTileStrideBytes);
inline constexpr size_t kFloatGroupBytes = kGroupRows * kF32ChunkCols * 4;
inline constexpr size_t kQ8GroupBytes = kGroupRows * kInt8RowBytes;

}  // namespace krait::simd

#endif  // KRAIT_SIMD_MATMUL_KERNELS_H_
