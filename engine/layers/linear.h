// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_LINEAR_H_
#define KRAIT_ENGINE_LAYERS_LINEAR_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/layers/stream_tuner.h"
#include "engine/threads/worker_pool.h"
#include "simd/activations.h"
#include "simd/matmul.h"
#include "simd/weights.h"

namespace krait::engine {

// What a product is for; the two round differently.
//   kPrefill  any number of tokens
//   kDecode   few, each of a sequence of its own
// In either, a token's bits do not depend on the others of its batch.
enum class Pass : uint8_t { kPrefill, kDecode };

// Where a product goes: y[tokens, w.rows].
struct Product {
  const simd::WeightView& w;
  float* y;
};

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

  // y[t * y_stride + r] = (W x_t)[r]. A kDecode streams the weights as they
  // lie; a kPrefill repacks them.
  void Multiply(Pass pass, const simd::WeightView& w,
                const simd::ActivationView& x, float* y, size_t y_stride,
                WorkerPool& pool);

  // The same for several matrices that meet the same inputs; a kDecode of all
  // is one parallel section.
  void MultiplyAll(Pass pass, std::span<const Product> products,
                   const simd::ActivationView& x, WorkerPool& pool);

  // A kDecode whose outputs lie apart: outputs[t][r].
  void Decode(const simd::WeightView& w, const simd::ActivationView& x,
              std::span<float* const> outputs, WorkerPool& pool);

 private:
  size_t max_cols_;
  // A matrix of a kDecode, and where each token's product goes.
  struct Stream {
    const simd::WeightView& w;
    float* const* outputs;
  };
  void DecodeStreams(std::span<const Stream> streams,
                     const simd::ActivationView& x, WorkerPool& pool);

  std::vector<Stream> streams_;
  std::vector<float*> outputs_;  // of a kDecode, [products, tokens]
  AlignedArray<std::byte> packed_;
  std::vector<AlignedArray<std::byte>> panels_;  // one per worker
  StreamTuner tuner_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_LINEAR_H_
