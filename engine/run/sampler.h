// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_RUN_SAMPLER_H_
#define KRAIT_ENGINE_RUN_SAMPLER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "engine/file/token.h"
#include "engine/run/next_logits.h"

namespace krait::engine {

struct SamplerOptions {
  float temperature = 0;          // 0: greedy, all else ignored but the penalty
  size_t top_k = 0;               // 0: off
  float top_p = 1;                // 1: off
  float min_p = 0;                // 0: off; relative to the best token
  float repetition_penalty = 1;   // 1: off; > 1 divides positive logits
  size_t repetition_window = 64;  // tokens looked back for the penalty
  uint64_t seed = 0;
};

// Picks tokens from logits. Deterministic for a seed and a sequence of calls.
// Order: repetition penalty, temperature, top-k, top-p, min-p, draw.
class Sampler {
 public:
  explicit Sampler(const SamplerOptions& options);

  // How many of the largest logits the next Sample needs, to pick what it would
  // of all; 0: all.
  size_t NeededTop() const;

  // Returns nullopt if no logit is finite. NaN and infinities are never picked.
  // `logits` has the NeededTop() largest, or all.
  std::optional<TokenId> Sample(const NextLogits& logits);

 private:
  void ApplyRepetitionPenalty();
  void KeepTopK();
  void ToProbabilities();
  void KeepTopPAndMinP();
  TokenId Draw();

  SamplerOptions options_;
  std::mt19937_64 random_;
  std::vector<TokenId> recent_;
  std::vector<TokenLogit> candidates_;  // probabilities after ToProbabilities
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_SAMPLER_H_
