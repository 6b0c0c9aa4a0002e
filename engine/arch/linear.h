// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_LINEAR_H_
#define KRAIT_ENGINE_ARCH_LINEAR_H_

#include <cstddef>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/model/model.h"
#include "engine/run/worker_pool.h"
#include "simd/activations.h"
#include "simd/matmul.h"
#include "simd/weights.h"

namespace krait::engine {

// Multiplies batches of vectors with weight matrices on a pool; owns the
// buffers for that. One per Scratch.
class Linear {
 public:
  // For inputs of at most `max_cols` elements on a pool of `workers`. The
  // buffer grows with the largest batch that was packed.
  Linear(size_t workers, size_t max_cols);

  // Packs x[tokens, cols] for weights of `type`. The view is valid until the
  // next Pack; with float weights it points to `x` itself.
  simd::ActivationView Pack(const float* x, size_t tokens, size_t cols,
                            simd::WeightType type, WorkerPool& pool);

  // y[t * y_stride + r] = (W x_t)[r]. A kDecode (of one token) streams the
  // weights as they lie; a kPrefill rounds the same for any number of tokens.
  void Multiply(Pass pass, const simd::WeightView& w,
                const simd::ActivationView& x, float* y, size_t y_stride,
                WorkerPool& pool);

 private:
  size_t max_cols_;
  AlignedArray<std::byte> packed_;
  std::vector<AlignedArray<std::byte>> panels_;  // one per worker
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_LINEAR_H_
