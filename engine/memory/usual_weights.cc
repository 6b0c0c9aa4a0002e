// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/usual_weights.h"

namespace krait::engine {

MemoryWeights UsualMemoryWeights() {
  return {.lengths = {0, 1, 2, 3, 4, 6, 8, 12, 16},
          .bias = {-3.0106F, -3.2177F, -2.2853F, -1.7598F, -1.0326F, -0.19F,
                   -0.5766F, 0.4503F, 1.5453F},
          .features = {-0.0727F, 1.5442F, -2.6519F, 2.9468F, -0.8301F, 2.6788F,
                       0.5408F}};
}

std::optional<MemoryWeights> WeightsWithoutOwn(MemoryMixing mixing,
                                               uint64_t parameters) {
  constexpr uint64_t kFewer = 700'000'000;
  const bool mixes = mixing == MemoryMixing::kAlways ||
                     (mixing == MemoryMixing::kSmall && parameters < kFewer);
  return mixes ? std::optional(UsualMemoryWeights()) : std::nullopt;
}

}  // namespace krait::engine
