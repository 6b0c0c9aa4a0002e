// SPDX-License-Identifier: Apache-2.0
#include "simd/matmul.h"

#include <cassert>

#include "simd/matmul_kernels.h"

namespace krait::simd {

void MatVec(const WeightView& w, size_t row_begin, size_t row_end,
            const ActivationView& x, float* y) {
  assert(x.tokens == 1);
  MatVecs(w, row_begin, row_end, x, &y);
}

void MatVecs(const WeightView& w, size_t row_begin, size_t row_end,
             const ActivationView& x, float* const* y) {
  assert(x.tokens != 0 && x.cols == w.cols);
  assert(row_begin <= row_end && row_end <= w.rows);
  switch (x.format) {
    case ActivationFormat::kF32:
      return MatVecF32(w, row_begin, row_end, x, y);
    case ActivationFormat::kBF16:
      return MatVecBF16(w, row_begin, row_end, x, y);
    case ActivationFormat::kQ8:
      return MatVecQ8(w, row_begin, row_end, x, y);
  }
}

size_t MatMulScratchBytes(const WeightView& w, ActivationFormat format) {
  (void)w;  // blocks of fixed size: see matmul_kernels.h
  return kTileBytes +
         (format == ActivationFormat::kQ8 ? kQ8GroupBytes : kFloatGroupBytes);
}

void MatMul(const WeightView& w, size_t row_begin, size_t row_end,
            const ActivationView& x, float* y, size_t y_stride, void* scratch) {
  assert(x.cols == w.cols);
  assert(row_begin <= row_end && row_end <= w.rows);
  const MatMulOutput out{.y = y, .y_stride = y_stride};
  switch (x.format) {
    case ActivationFormat::kF32:
      return MatMulF32(w, row_begin, row_end, x, out, scratch);
    case ActivationFormat::kBF16:
      return MatMulBF16(w, row_begin, row_end, x, out, scratch);
    case ActivationFormat::kQ8:
      return MatMulQ8(w, row_begin, row_end, x, out, scratch);
  }
}

}  // namespace krait::simd
