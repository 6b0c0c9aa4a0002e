// SPDX-License-Identifier: Apache-2.0
#include "engine/layers/weights.h"

namespace krait::engine {

const Tensor* WeightReader::Require(const std::string& name,
                                    const std::vector<size_t>& shape) {
  if (!status_) return nullptr;
  Result<const Tensor*> tensor = file_.Require(name, shape);
  if (!tensor) {
    status_ = tensor.error();
    return nullptr;
  }
  return *tensor;
}

simd::WeightView WeightReader::Matrix(const std::string& name, size_t rows,
                                      size_t cols) {
  const Tensor* tensor = Require(name, {rows, cols});
  if (tensor == nullptr) return {};
  return {tensor->data, *RunnableType(tensor->type), rows, cols};
}

std::vector<float> WeightReader::SmallMatrix(const std::string& name,
                                             size_t rows, size_t cols) {
  const simd::WeightView view = Matrix(name, rows, cols);
  if (view.data == nullptr) return {};
  std::vector<float> values(rows * cols);
  for (size_t row = 0; row < rows; ++row) {
    simd::ExpandRow(view, row, values.data() + row * cols);
  }
  return values;
}

std::vector<float> WeightReader::Vector(const std::string& name, size_t size) {
  const Tensor* tensor = Require(name, {size});
  if (tensor == nullptr) return {};
  std::vector<float> values(size);
  simd::ExpandRow({tensor->data, *RunnableType(tensor->type), 1, size}, 0,
                  values.data());
  return values;
}

bool WeightReader::Has(const std::string& name) const {
  return file_.Find(name) != nullptr;
}

std::vector<float> Transposed(const std::vector<float>& matrix, size_t rows,
                              size_t cols) {
  std::vector<float> transposed(matrix.size());
  if (matrix.empty()) return transposed;  // the reader has failed before
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < cols; ++c) {
      transposed[c * rows + r] = matrix[r * cols + c];
    }
  }
  return transposed;
}

}  // namespace krait::engine
