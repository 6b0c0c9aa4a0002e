// SPDX-License-Identifier: Apache-2.0
#include "simd/matmul.h"

#include <cassert>

#include "simd/matmul_kernels.h"

namespace krait::simd {

void MatVecs(const WeightView& w, size_t row_begin, size_t row_end,
             const ActivationView& x, float* const* y) {
  const WeightFormat& format = FormatOf(w.type);
  assert(x.tokens != 0 && x.cols == w.cols && x.format == format.activations);
  assert(row_begin <= row_end && row_end <= w.rows);
  format.mat_vecs(w, row_begin, row_end, x, y);
}

size_t MatMulScratchBytes(ActivationFormat format) {
  return kTileBytes +
         (format == ActivationFormat::kQ8 ? kQ8GroupBytes : kFloatGroupBytes);
}

void MatMul(const WeightView& w, size_t row_begin, size_t row_end,
            const ActivationView& x, float* y, size_t y_stride, void* scratch) {
  const WeightFormat& format = FormatOf(w.type);
  assert(x.cols == w.cols && x.format == format.activations);
  assert(row_begin <= row_end && row_end <= w.rows);
  format.mat_mul(w, row_begin, row_end, x, {.y = y, .y_stride = y_stride},
                 scratch);
}

}  // namespace krait::simd
