// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_WEIGHTS_H_
#define KRAIT_SIMD_WEIGHTS_H_

#include <cstddef>
#include <cstdint>

namespace krait::simd {

// Storage formats of weight matrices that the kernels read directly, as they
// lie in a model file.
enum class WeightType : uint8_t {
  kF32,
  kF16,   // IEEE binary16
  kBF16,  // upper half of an IEEE binary32
  kQ8_0,  // blocks of 32: binary16 scale, then 32 int8 (34 bytes, no padding)
};

inline constexpr size_t kQ8BlockSize = 32;       // elements
inline constexpr size_t kQ8BlockBytes = 2 + 32;  // scale, quants

// Returns the bytes of one row of `cols` elements. For kQ8_0 `cols` must be a
// multiple of kQ8BlockSize.
size_t RowBytes(WeightType type, size_t cols);

// A row-major weight matrix, not owned; rows are the outputs:
// y[rows] = W[rows, cols] * x[cols]. `data` needs the alignment of the element
// type only (kQ8_0: none), because it points into a mapped file.
struct WeightView {
  const void* data = nullptr;
  WeightType type = WeightType::kF32;
  size_t rows = 0;
  size_t cols = 0;
};

// Expands row `row` to `out[cols]` in float32 (the embedding look-up).
void ExpandRow(const WeightView& w, size_t row, float* out);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_WEIGHTS_H_
