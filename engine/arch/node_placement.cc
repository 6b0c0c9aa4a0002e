// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/node_placement.h"

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "engine/threads/node_memory.h"
#include "simd/matmul.h"

namespace krait::engine {
namespace {

struct Matrix {
  const std::byte* data;
  size_t rows;
  size_t row_bytes;
};

// Pages must be mapped to be moved; a worker brings its own to its node.
void Touch(const Matrix& matrix, WorkerPool& pool) {
  constexpr size_t kPage = 4096;
  std::atomic<size_t> sum{0};  // keeps the reads alive
  pool.ForRanges(matrix.rows, simd::kMatMulPanelRows,
                 [&](size_t begin, size_t end, size_t) {
                   size_t part = 0;
                   const size_t last = end * matrix.row_bytes;
                   for (size_t i = begin * matrix.row_bytes; i < last;
                        i += kPage) {
                     part += std::to_integer<size_t>(matrix.data[i]);
                   }
                   sum += part;
                 });
}

void Place(const Matrix& matrix, WorkerPool& pool) {
  Touch(matrix, pool);
  for (size_t worker = 0; worker < pool.size(); ++worker) {
    const WorkerPool::Range rows =
        pool.RangeOf(matrix.rows, simd::kMatMulPanelRows, worker);
    if (rows.begin >= rows.end) continue;
    (void)MoveToNode(matrix.data + rows.begin * matrix.row_bytes,
                     (rows.end - rows.begin) * matrix.row_bytes,
                     pool.nodes()[worker]);
  }
}

}  // namespace

void PlaceOnNodes(const ModelFile& file, WorkerPool& pool) {
  const std::vector<int>& nodes = pool.nodes();
  if (std::ranges::all_of(nodes, [&](int n) { return n == nodes[0]; })) return;
  (void)BindThisThreadToNode(nodes[0]);
  for (const Tensor& tensor : file.tensors()) {
    if (tensor.shape.size() < 2) continue;
    // One matrix, or one for each expert.
    const size_t rows = tensor.shape[tensor.shape.size() - 2];
    const size_t matrices = tensor.shape.size() == 3 ? tensor.shape[0] : 1;
    const size_t bytes = tensor.bytes / matrices;
    for (size_t i = 0; i < matrices; ++i) {
      Place({tensor.data + i * bytes, rows, bytes / rows}, pool);
    }
  }
}

}  // namespace krait::engine
