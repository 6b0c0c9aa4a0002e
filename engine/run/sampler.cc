// SPDX-License-Identifier: Apache-2.0
#include "engine/run/sampler.h"

#include <algorithm>
#include <cmath>

namespace krait::engine {

Sampler::Sampler(const SamplerOptions& options)
    : options_(options), random_(options.seed) {}

// What the penalty lowers comes further back, and what stood behind it comes
// forward: as many places as there are tokens that are lowered. One that raises
// may bring anything forward. Without a limit all tokens share in what a draw
// is out of.
size_t Sampler::NeededTop() const {
  const size_t kept = options_.temperature <= 0 ? 1 : options_.top_k;
  if (kept == 0 || options_.repetition_penalty < 1) return 0;
  return kept + (options_.repetition_penalty > 1 ? recent_.size() : 0);
}

std::optional<TokenId> Sampler::Sample(const NextLogits& logits) {
  candidates_.clear();
  if (options_.temperature <= 0 && options_.repetition_penalty == 1) {
    const TokenLogit best = logits.Likeliest();
    if (std::isfinite(best.logit)) return best.id;
  }
  logits.AppendPossible(&candidates_);
  if (candidates_.empty()) return std::nullopt;
  ApplyRepetitionPenalty();

  TokenId picked = 0;
  if (options_.temperature <= 0) {
    picked = std::ranges::min_element(candidates_, Likelier)->id;
  } else {
    KeepTopK();
    ToProbabilities();
    KeepTopPAndMinP();
    picked = Draw();
  }
  recent_.push_back(picked);
  if (recent_.size() > options_.repetition_window) {
    recent_.erase(recent_.begin());
  }
  return picked;
}

// Keskar et al. 2019 (CTRL), section 4.1, with the sign taken into account.
void Sampler::ApplyRepetitionPenalty() {
  if (options_.repetition_penalty == 1) return;
  for (TokenLogit& candidate : candidates_) {
    if (std::ranges::find(recent_, candidate.id) == recent_.end()) continue;
    if (candidate.logit > 0) {
      candidate.logit /= options_.repetition_penalty;
    } else {
      candidate.logit *= options_.repetition_penalty;
    }
  }
}

void Sampler::KeepTopK() {
  size_t keep = candidates_.size();
  if (options_.top_k != 0) keep = std::min(keep, options_.top_k);
  std::partial_sort(candidates_.begin(),
                    candidates_.begin() + static_cast<ptrdiff_t>(keep),
                    candidates_.end(), Likelier);
  candidates_.resize(keep);
}

// Logits, best first, become probabilities.
void Sampler::ToProbabilities() {
  const float best = candidates_.front().logit;
  float sum = 0;
  for (TokenLogit& candidate : candidates_) {
    candidate.logit = std::exp((candidate.logit - best) / options_.temperature);
    sum += candidate.logit;
  }
  for (TokenLogit& candidate : candidates_) candidate.logit /= sum;
}

void Sampler::KeepTopPAndMinP() {
  const float floor = options_.min_p * candidates_.front().logit;
  float cumulative = 0;
  size_t keep = 0;
  while (keep < candidates_.size()) {
    if (keep > 0 && candidates_[keep].logit < floor) break;
    cumulative += candidates_[keep++].logit;
    if (cumulative >= options_.top_p) break;
  }
  candidates_.resize(keep);
}

TokenId Sampler::Draw() {
  float total = 0;
  for (const TokenLogit& candidate : candidates_) total += candidate.logit;
  // 53 bits to [0, 1): the same on every standard library, unlike
  // std::uniform_real_distribution.
  const double unit = static_cast<double>(random_() >> 11) * 0x1.0p-53;
  double left = unit * static_cast<double>(total);
  for (const TokenLogit& candidate : candidates_) {
    left -= static_cast<double>(candidate.logit);
    if (left < 0) return candidate.id;
  }
  return candidates_.back().id;
}

}  // namespace krait::engine
