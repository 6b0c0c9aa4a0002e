// SPDX-License-Identifier: Apache-2.0
#include "engine/layers/linear.h"

#include <algorithm>
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

// In how many pieces a worker reads its `bytes` of weights.
size_t PiecesOf(size_t bytes) {
  constexpr size_t kLeast = size_t{64} << 10;
  return std::clamp<size_t>(bytes / kLeast, 1, WorkerPool::kMaxPieces);
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

void Linear::MultiplyAll(Pass pass, std::span<const Product> products,
                         const simd::ActivationView& x, WorkerPool& pool) {
  if (pass == Pass::kPrefill) {
    for (const auto& [w, y] : products) Multiply(pass, w, x, y, w.rows, pool);
    return;
  }
  outputs_.resize(products.size() * x.tokens);
  streams_.clear();
  float** outputs = outputs_.data();
  for (const auto& [w, y] : products) {
    for (size_t t = 0; t < x.tokens; ++t) outputs[t] = y + t * w.rows;
    streams_.push_back({.w = w, .outputs = outputs});
    outputs += x.tokens;
  }
  DecodeStreams(streams_, x, pool);
}

void Linear::Decode(const simd::WeightView& w, const simd::ActivationView& x,
                    std::span<float* const> outputs, WorkerPool& pool) {
  assert(x.tokens == outputs.size());
  const Stream stream{.w = w, .outputs = outputs.data()};
  DecodeStreams({&stream, 1}, x, pool);
}

void Linear::DecodeStreams(std::span<const Stream> streams,
                           const simd::ActivationView& x, WorkerPool& pool) {
  size_t bytes = 0;
  for (const auto& [w, outputs] : streams) {
    bytes += w.rows * simd::RowBytes(w.type, w.cols);
  }
  const size_t pieces = PiecesOf(bytes / pool.size());
  tuner_.Run(bytes, [&] {
    pool.ForPieces(pieces, [&](size_t piece, size_t) {
      for (const auto& [w, outputs] : streams) {
        const auto [begin, end] =
            pool.PieceOf(w.rows, simd::kMatMulPanelRows, piece, pieces);
        if (begin < end) simd::MatVecs(w, begin, end, x, outputs);
      }
    });
  });
}

}  // namespace krait::engine
