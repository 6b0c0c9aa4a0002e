// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_EXECUTOR_H_
#define KRAIT_ENGINE_LAYERS_EXECUTOR_H_

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

#include "engine/layers/linear.h"
#include "engine/layers/work_times.h"
#include "engine/threads/worker_pool.h"
#include "simd/weights.h"

namespace krait::engine {

// Buffers of one forward call of one model, kept between calls. Nothing in them
// outlasts a call.
class Scratch {
 public:
  virtual ~Scratch() = default;
};

// What runs a model's forward calls: threads, and all memory that a call needs
// besides the weights and the states. Made by a model for itself
// (Model::NewExecutor); sessions that take turns share one.
//
// Thread-compatible: one call at a time, which has the pool to itself.
class Executor {
 public:
  // For products of inputs of at most `max_cols` elements; the pool must
  // outlive it.
  Executor(WorkerPool& pool, size_t max_cols, std::unique_ptr<Scratch> scratch)
      : pool_(pool),
        linear_(pool.size(), max_cols),
        scratch_(std::move(scratch)) {}

  // What decides how results are rounded: states are bound to it. Of this
  // machine's processor, its instruction set.
  static std::string Name();

  WorkerPool& pool() { return pool_; }
  size_t workers() const { return pool_.size(); }
  Scratch& scratch() { return *scratch_; }

  // Counts the time of the calls that follow to `times`, which must outlive
  // them; null, as it begins: to nothing.
  void CountTimes(WorkTimes* times) { times_ = times; }
  // run(), which is work of that kind.
  template <class Run>
  void Do(Work work, const Run& run) {
    if (times_ == nullptr) return run();
    times_->Count(work, run);
  }

  // y[t * y_stride + r] = (W x_t)[r] for x[tokens, cols].
  void Multiply(Pass pass, const simd::WeightView& w, const float* x,
                size_t tokens, float* y, size_t y_stride) {
    Do(Work::kProducts, [&] {
      linear_.Multiply(pass, w, linear_.Pack(x, tokens, w.cols, w.type, pool_),
                       y, y_stride, pool_);
    });
  }
  // Several products of the same x[tokens, cols], which is packed once for
  // those that follow each other and want it alike; a kDecode of these is one
  // parallel section.
  void MultiplyAll(Pass pass, const float* x, size_t tokens,
                   std::initializer_list<Product> products);
  // As Multiply, for a kDecode whose outputs lie apart: outputs[t][r].
  void Decode(const simd::WeightView& w, const float* x,
              std::span<float* const> outputs) {
    Do(Work::kProducts, [&] {
      linear_.Decode(w, linear_.Pack(x, outputs.size(), w.cols, w.type, pool_),
                     outputs, pool_);
    });
  }

 private:
  WorkerPool& pool_;
  Linear linear_;
  std::unique_ptr<Scratch> scratch_;
  WorkTimes* times_ = nullptr;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_EXECUTOR_H_
