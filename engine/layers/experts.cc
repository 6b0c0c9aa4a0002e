// SPDX-License-Identifier: Apache-2.0
// A mixture of experts, on x [tokens, d_model]:
//   s = router x                     a score for each expert
//   y = sum of softmax(s over the chosen)_e * expert_e(x), and shared(x) where
//       there is an expert that all use
// where the experts with the highest scores are chosen. Tokens of a batch go
// through an expert together; each adds its experts in their order, whoever
// else is there.

#include "engine/layers/experts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace krait::engine {
namespace {

using Use = Experts::Buffers::Use;

void Reserve(size_t size, AlignedArray<float>* array) {
  if (array->size() < size) *array = AlignedArray<float>(size);
}

bool IsAmong(std::span<const Use> uses, uint32_t expert) {
  return std::ranges::find(uses, expert, &Use::expert) != uses.end();
}

// The expert with the highest score that is not among `taken`; of equal ones
// the first. One that is no number is the highest, wherever it stands.
uint32_t Best(std::span<const float> scores, std::span<const Use> taken) {
  uint32_t best = 0;
  while (IsAmong(taken, best)) ++best;
  for (uint32_t e = best + 1; e < scores.size(); ++e) {
    const bool better = scores[e] > scores[best] || std::isnan(scores[e]);
    if (better && !IsAmong(taken, e)) best = e;
  }
  return best;
}

// x += weight * y
void AddScaled(float weight, std::span<const float> y, float* x) {
  for (size_t i = 0; i < y.size(); ++i) x[i] += weight * y[i];
}

}  // namespace

void ChooseExperts(std::span<const float> scores, uint32_t token,
                   std::span<Experts::Buffers::Use> uses) {
  float sum = 0;
  for (size_t i = 0; i < uses.size(); ++i) {
    const uint32_t best = Best(scores, uses.first(i));
    const float highest = i == 0 ? scores[best] : scores[uses[0].expert];
    uses[i] = {best, token, std::exp(scores[best] - highest)};
    sum += uses[i].weight;
  }
  for (Use& use : uses) use.weight /= sum;
}

Experts::Experts(const ExpertsShape& shape, LayerReader& read)
    : used_(shape.used), router_(read.Matrix("ffn_gate_inp.weight")) {
  for (size_t e = 0; e < shape.count; ++e) {
    experts_.emplace_back(read, fmt::format(".{}", e));
  }
  if (shape.shared_d_ff > 0) shared_.emplace(read, "_shexp");
}

size_t Experts::weight_bytes() const {
  return WeightBytes(router_) + used_ * experts_.front().weight_bytes() +
         (shared_ ? shared_->weight_bytes() : 0);
}

void Experts::Choose(const Batch& batch, Buffers& b, const float* x) const {
  const size_t tokens = batch.tokens();
  const size_t count = experts_.size();
  Reserve(tokens * count, &b.scores);
  batch.executor.Multiply(batch.pass, router_, x, tokens, b.scores.data(),
                          count);
  b.uses.resize(tokens * used_);
  for (size_t t = 0; t < tokens; ++t) {
    ChooseExperts({b.scores.data() + t * count, count},
                  static_cast<uint32_t>(t),
                  std::span(b.uses).subspan(t * used_, used_));
  }
  std::ranges::stable_sort(b.uses, {}, &Use::expert);
}

void Experts::Run(const Batch& batch, Buffers& b, const float* x,
                  float* y) const {
  const size_t tokens = batch.tokens();
  const size_t d_model = router_.cols;
  Choose(batch, b, x);
  Reserve(tokens * d_model, &b.gathered);
  Reserve(tokens * d_model, &b.sums);
  std::fill_n(b.sums.data(), tokens * d_model, 0.0F);
  float* gathered = b.gathered.data();
  for (auto use = b.uses.begin(); use != b.uses.end();) {
    const auto end = std::find_if(use, b.uses.end(), [&](const Use& other) {
      return other.expert != use->expert;
    });
    const std::span<const Use> group(use, end);
    for (size_t i = 0; i < group.size(); ++i) {
      std::copy_n(x + group[i].token * d_model, d_model,
                  gathered + i * d_model);
    }
    experts_[use->expert].Run(batch, group.size(), b.expert, gathered,
                              gathered);
    for (size_t i = 0; i < group.size(); ++i) {
      AddScaled(group[i].weight, {gathered + i * d_model, d_model},
                b.sums.data() + group[i].token * d_model);
    }
    use = end;
  }
  if (!shared_) {
    std::copy_n(b.sums.data(), tokens * d_model, y);
    return;
  }
  shared_->Run(batch, tokens, b.expert, x, y);
  AddScaled(1, {b.sums.data(), tokens * d_model}, y);
}

}  // namespace krait::engine
