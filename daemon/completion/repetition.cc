// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/repetition.h"

namespace krait::daemon {
namespace {

constexpr size_t kMaxPeriod = 16;

size_t RoundsNeeded(size_t period) {
  if (period == 1) return 6;
  if (period == 2) return 5;
  return period <= 4 ? 4 : 3;
}

}  // namespace

std::optional<size_t> FindRepetition(std::span<const engine::TokenId> tokens) {
  for (size_t period = 1; period <= kMaxPeriod; ++period) {
    const size_t rounds = RoundsNeeded(period);
    if (tokens.size() < period * rounds) continue;
    // A sequence repeats with a period iff each token equals the one a period
    // before it.
    size_t same = 0;
    while (same < tokens.size() - period &&
           tokens[tokens.size() - 1 - same] ==
               tokens[tokens.size() - 1 - same - period]) {
      ++same;
    }
    if (same >= period * (rounds - 1)) return tokens.size() - same;
  }
  return std::nullopt;
}

}  // namespace krait::daemon
