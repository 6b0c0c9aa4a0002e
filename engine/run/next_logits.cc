// SPDX-License-Identifier: Apache-2.0
#include "engine/run/next_logits.h"

#include <algorithm>
#include <cmath>

#include "simd/elementwise.h"

namespace krait::engine {

void NextLogits::AppendPossible(std::vector<TokenLogit>* possible) const {
  for (size_t i = 0; i < values_.size(); ++i) {
    if (!std::isfinite(values_[i])) continue;
    possible->push_back({.id = IdOf(i), .logit = values_[i]});
  }
}

TokenLogit NextLogits::Likeliest() const {
  const size_t best =
      has_all() ? simd::ArgMax(values_.data(), values_.size()) : 0;
  return {.id = IdOf(best), .logit = values_[best]};
}

float NextLogits::LogitOf(TokenId token) const {
  if (has_all()) return values_[token];
  const auto found = std::ranges::find(top_->ids, token);
  assert(found != top_->ids.end());
  return values_[static_cast<size_t>(found - top_->ids.begin())];
}

float NextLogits::LogSum() const {
  return has_all() ? simd::LogSumExp(values_.data(), values_.size())
                   : top_->log_sum;
}

}  // namespace krait::engine
