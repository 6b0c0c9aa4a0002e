// SPDX-License-Identifier: Apache-2.0
// The kernel families behind matmul.h, one per file of the same name. Each has
// its own translation unit because each is compiled for every instruction set.
#ifndef KRAIT_SIMD_MATMUL_KERNELS_H_
#define KRAIT_SIMD_MATMUL_KERNELS_H_

#include <cstddef>

#include "simd/activations.h"
#include "simd/weights.h"

namespace krait::simd {

// A few tokens, each with an output: y[t][r].
// kF32, kF16 or kBF16 weights, kF32 activations.
void MatVecF32(const WeightView& w, size_t row_begin, size_t row_end,
               const ActivationView& x, float* const* y);
// kBF16 weights, kBF16 activations.
void MatVecBF16(const WeightView& w, size_t row_begin, size_t row_end,
                const ActivationView& x, float* const* y);
// kQ8_0 weights, kQ8 activations.
void MatVecQ8(const WeightView& w, size_t row_begin, size_t row_end,
              const ActivationView& x, float* const* y);

// MatMul writes y[t * y_stride + r].
struct MatMulOutput {
  float* y = nullptr;
  size_t y_stride = 0;
};

// Blocking. kGroupRows rows by a chunk of columns are repacked at once: they
// stay in the second-level cache (256 KiB) while all tokens pass over them. A
// tile of tokens is copied next to each other, into the first-level cache,
// because rows of x may lie at a distance that maps them all to the same cache
// sets. Accumulators go on where the last chunk left them: the order of
// additions, and so the result, is that of one run over all columns.
inline constexpr size_t kGroupRows = 128;
inline constexpr size_t kMaxTileTokens = 8;
inline constexpr size_t kF32ChunkCols = 512;
inline constexpr size_t kBF16ChunkCols = 1024;
inline constexpr size_t kQ8ChunkCols = 2048;

// Bytes from one token of a tile to the next; not a power of two, see above.
inline constexpr size_t kTileStrideBytes = 2048 + 64;
static_assert(kF32ChunkCols * 4 <= kTileStrideBytes &&
              kBF16ChunkCols * 2 <= kTileStrideBytes &&
              kQ8ChunkCols <= kTileStrideBytes);

// Bytes of a tile of tokens with what kQ8 adds, and of a group of weights.
inline constexpr size_t kQ8ChunkBlocks = kQ8ChunkCols / kQ8BlockSize;
inline constexpr size_t kTileBytes =
    kMaxTileTokens * (kTileStrideBytes + kQ8ChunkBlocks * 2 * sizeof(float));
inline constexpr size_t kFloatGroupBytes = kGroupRows * kF32ChunkCols * 4;
inline constexpr size_t kQ8GroupBytes =
    kGroupRows * (kQ8ChunkCols + kQ8ChunkBlocks * sizeof(float));

void MatMulF32(const WeightView& w, size_t row_begin, size_t row_end,
               const ActivationView& x, const MatMulOutput& out, void* scratch);
void MatMulBF16(const WeightView& w, size_t row_begin, size_t row_end,
                const ActivationView& x, const MatMulOutput& out,
                void* scratch);
void MatMulQ8(const WeightView& w, size_t row_begin, size_t row_end,
              const ActivationView& x, const MatMulOutput& out, void* scratch);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_MATMUL_KERNELS_H_
