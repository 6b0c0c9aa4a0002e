// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_WEIGHTS_H_
#define KRAIT_ENGINE_LAYERS_WEIGHTS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/model/model_file.h"
#include "simd/weights.h"

namespace krait::engine {

// Reads an architecture's tensors from a model file. The first failure is kept
// and everything after it returns empty, so that a loader reads as a list:
//   WeightReader read(file);
//   layer.w_in = read.Matrix("blk.0.ssm_in.weight", rows, cols);
//   ...
//   if (!read.status()) return read.status().error();
class WeightReader {
 public:
  explicit WeightReader(const ModelFile& file) : file_(file) {}

  // A matrix that stays where it is mapped: [rows, cols].
  simd::WeightView Matrix(const std::string& name, size_t rows, size_t cols);

  // A vector, or a small matrix [rows, cols], converted to float32.
  std::vector<float> Vector(const std::string& name, size_t size);
  std::vector<float> SmallMatrix(const std::string& name, size_t rows,
                                 size_t cols);

  bool Has(const std::string& name) const;

  const Status& status() const { return status_; }

 private:
  const Tensor* Require(const std::string& name,
                        const std::vector<size_t>& shape);

  const ModelFile& file_;
  Status status_;
};

// Returns [cols, rows] of a row-major [rows, cols].
std::vector<float> Transposed(const std::vector<float>& matrix, size_t rows,
                              size_t cols);

// Returns the bytes of a weight matrix.
inline size_t WeightBytes(const simd::WeightView& w) {
  return w.rows * simd::RowBytes(w.type, w.cols);
}

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_WEIGHTS_H_
