// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_OUTPUT_HEAD_H_
#define KRAIT_ENGINE_ARCH_OUTPUT_HEAD_H_

#include <span>
#include <vector>

#include "engine/arch/model.h"
#include "engine/layers/executor.h"
#include "engine/layers/weights.h"

namespace krait::engine {

// What all architectures share: token embeddings at one end, final norm and
// logits at the other.
struct OutputHead {
  simd::WeightView embedding;  // [vocab, d_model]
  std::vector<float> norm;     // [d_model]
  simd::WeightView output;     // [vocab, d_model]; the embedding if tied
  float eps = 0;
  float embedding_scale = 1;
  float logits_scale = 1;

  void Read(const Hyperparameters& hparams, WeightReader& read);

  // x[tokens, d_model] = embeddings of `tokens`.
  void Embed(std::span<const TokenId> tokens, float* x) const;

  // Writes the logits of the rows asked for; overwrites `x`[tokens, d_model],
  // the residual stream after the last layer.
  void Logits(float* x, size_t tokens, LogitsRows rows, Executor& executor,
              float* logits) const;

  // The same for a decode: logits[t] is where those of token t go.
  void DecodeLogits(float* x, std::span<float* const> logits,
                    Executor& executor) const;

  // x = RMSNorm(x), the last one.
  void Normalise(float* x, size_t tokens) const;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_OUTPUT_HEAD_H_
