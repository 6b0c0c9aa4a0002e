// SPDX-License-Identifier: Apache-2.0
#include "engine/layers/linear.h"

#include <cassert>

namespace krait::engine {
namespace {

// Panels of one task of a prefill multiplication: few enough that all workers
// stay busy to the end. A task copies the tokens, tile by tile, for its rows:
// where there are tasks enough it takes twice as many.
constexpr size_t kFewPanels = 4;
constexpr size_t kManyPanels = 8;
constexpr size_t kTasksPerWorker = 4;

size_t RowsPerTask(size_t rows, size_t workers) {
  constexpr size_t kMany = kManyPanels * simd::kMatMulPanelRows;
  constexpr size_t kFew = kFewPanels * simd::kMatMulPanelRows;
  return rows >= kMany * kTasksPerWorker * workers ? kMany : kFew;
}

}  // namespace

Linear::Linear(size_t workers, size_t max_cols)
    : max_cols_(max_cols), panels_(workers) {}

simd::ActivationView Linear::Pack(const float* x, size_t tokens, size_t cols,
                                  simd::WeightType type, WorkerPool& pool) {
  assert(cols <= max_cols_);
  const simd::ActivationFormat format = simd::FormatOf(type).activations;
  const size_t bytes = simd::ActivationBytes(format, tokens, max_cols_);
  if (bytes > packed_.size()) packed_ = AlignedArray<std::byte>(bytes);
  if (tokens == 1 || format == simd::ActivationFormat::kF32) {
    return simd::PackActivations(x, tokens, cols, cols, format, packed_.data());
  }
  pool.ForRanges(tokens, 1, [&](size_t begin, size_t end, size_t) {
    simd::PackActivationRows(x, tokens, cols, cols, format, begin, end,
                             packed_.data());
  });
  return simd::PackActivationRows(x, tokens, cols, cols, format, tokens, tokens,
                                  packed_.data());
}

void Linear::Multiply(Pass pass, const simd::WeightView& w,
                      const simd::ActivationView& x, float* y, size_t y_stride,
                      WorkerPool& pool) {
  if (pass == Pass::kDecode) {
    outputs_.resize(x.tokens);
    for (size_t t = 0; t < x.tokens; ++t) outputs_[t] = y + t * y_stride;
    return Decode(w, x, outputs_, pool);
  }
  const size_t scratch = simd::MatMulScratchBytes(x.format);
  for (auto& panel : panels_) {
    if (panel.size() < scratch) panel = AlignedArray<std::byte>(scratch);
  }
  const size_t rows_per_task = RowsPerTask(w.rows, pool.size());
  const size_t tasks = (w.rows + rows_per_task - 1) / rows_per_task;
  pool.ForTasks(tasks, [&](size_t task, size_t worker) {
    const size_t begin = task * rows_per_task;
    const size_t end = std::min(w.rows, begin + rows_per_task);
    simd::MatMul(w, begin, end, x, y, y_stride, panels_[worker].data());
  });
}

void Linear::Decode(const simd::WeightView& w, const simd::ActivationView& x,
                    std::span<float* const> outputs, WorkerPool& pool) {
  assert(x.tokens == outputs.size());
  tuner_.Run(w.rows * simd::RowBytes(w.type, w.cols), [&] {
    pool.ForRanges(w.rows, simd::kMatMulPanelRows,
                   [&](size_t begin, size_t end, size_t) {
                     simd::MatVecs(w, begin, end, x, outputs.data());
                   });
  });
}

}  // namespace krait::engine
