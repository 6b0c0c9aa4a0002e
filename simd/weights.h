// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_WEIGHTS_H_
#define KRAIT_SIMD_WEIGHTS_H_

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "simd/weight_format.h"

namespace krait::simd {

// Returns the bytes of one row of `cols` elements, which must be a multiple of
// the format's block.
inline size_t RowBytes(WeightType type, size_t cols) {
  const WeightFormat& format = FormatOf(type);
  assert(cols % format.block_elements == 0);
  return cols / format.block_elements * format.block_bytes;
}

// A row-major weight matrix, not owned; rows are the outputs:
// y[rows] = W[rows, cols] * x[cols]. `data` needs the alignment of the element
// type only (formats with blocks: none), because it points into a mapped file.
struct WeightView {
  const void* data = nullptr;
  WeightType type = WeightType::kF32;
  size_t rows = 0;
  size_t cols = 0;
};

// Expands row `row` to `out[cols]` in float32 (the embedding look-up).
inline void ExpandRow(const WeightView& w, size_t row, float* out) {
  assert(row < w.rows);
  FormatOf(w.type).expand(
      static_cast<const uint8_t*>(w.data) + row * RowBytes(w.type, w.cols),
      w.cols, out);
}

}  // namespace krait::simd

#endif  // KRAIT_SIMD_WEIGHTS_H_
