// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_EXPERTS_H_
#define KRAIT_ENGINE_LAYERS_EXPERTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/layers/batch.h"
#include "engine/layers/layer_reader.h"
#include "engine/layers/swiglu.h"
#include "simd/weights.h"

namespace krait::engine {

// A feed-forward of which each token uses a few parts: a sparse mixture of
// SwiGLU experts. Source: Jiang et al. 2024 (Mixtral), section 2.1.
class Experts {
 public:
  Experts(const ExpertsShape& shape, LayerReader& read);

  // Of one call; grow as needed.
  struct Buffers;

  // y[tokens, d_model] of x[tokens, d_model], which may be the same array.
  // Reads the weights of the experts that are chosen, once for all tokens. A
  // token's bits do not depend on the others.
  void Run(const Batch& batch, Buffers& buffers, const float* x,
           float* y) const;

  // What a token reads.
  size_t weight_bytes() const;

 private:
  void Choose(const Batch& batch, Buffers& buffers, const float* x) const;

  size_t used_;
  simd::WeightView router_;  // [experts, d_model]
  std::vector<SwiGlu> experts_;
  std::optional<SwiGlu> shared_;  // used by all tokens, with a weight of 1
};

struct Experts::Buffers {
  struct Use {
    uint32_t expert;
    uint32_t token;
    float weight;
  };

  AlignedArray<float> scores;    // [tokens, experts]
  std::vector<Use> uses;         // by expert, then by token
  AlignedArray<float> gathered;  // [tokens of an expert, d_model], in and out
  AlignedArray<float> sums;      // [tokens, d_model]
  SwiGlu::Buffers expert;
};

// Writes into `uses`, no more than there are scores [experts], the experts of a
// token with the highest ones, of equal scores the first, and the softmax of
// these as their weights. If any score is no number all weights are none: what
// such a router chooses means nothing, so that the logits are not to be finite.
// Thread-safe.
void ChooseExperts(std::span<const float> scores, uint32_t token,
                   std::span<Experts::Buffers::Use> uses);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_EXPERTS_H_
