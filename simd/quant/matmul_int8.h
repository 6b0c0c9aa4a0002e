// SPDX-License-Identifier: Apache-2.0
// MatMul of all quantised formats: a format packs its rows into panels of int8
// quants, and one kernel runs them.
#ifndef KRAIT_SIMD_QUANT_MATMUL_INT8_H_
#define KRAIT_SIMD_QUANT_MATMUL_INT8_H_

#include <cstddef>
#include <cstdint>

#include "simd/activations.h"
#include "simd/matmul_kernels.h"
#include "simd/weights.h"

namespace krait::simd {

// The rows and columns that are packed at once.
struct Int8Group {
  size_t first_row = 0;
  size_t rows = 0;  // at most kGroupRows
  size_t first_col = 0;
  size_t cols = 0;  // at most kQ8ChunkCols
};

using PackInt8Fn = void (*)(const WeightView& w, const Int8Group& group,
                            uint8_t* panels);

// What a format brings.
struct Int8Packing {
  PackInt8Fn pack;
  size_t scale_elements;  // 16 or 32
  bool has_minima;
  // Of unsigned quants what they are above what they mean, and the greatest;
  // both 0 of signed ones.
  int offset;
  int raw_max;
};

// Multiplies a group that is packed in `scratch`, behind room for a tile.
using RunInt8GroupFn = void (*)(const Int8Packing& packing,
                                const Int8Group& group, const ActivationView& x,
                                const MatMulOutput& out, uint8_t* scratch);

void MatMulInt8(const Int8Packing& packing, const WeightView& w,
                size_t row_begin, size_t row_end, const ActivationView& x,
                const MatMulOutput& out, void* scratch);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_QUANT_MATMUL_INT8_H_
