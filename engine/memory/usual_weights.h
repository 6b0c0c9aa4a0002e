// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MEMORY_USUAL_WEIGHTS_H_
#define KRAIT_ENGINE_MEMORY_USUAL_WEIGHTS_H_

#include <cstdint>
#include <optional>

#include "engine/memory/memory_weights.h"

namespace krait::engine {

// Weights that were fitted to SmolLM2-135M, on 210 lines of seven packages
// (models/README.md). They count a match the less the surer the model is, and
// the less it thinks of what follows there.
MemoryWeights UsualMemoryWeights();

// How a model is mixed with a memory if its file does not say.
enum class MemoryMixing : uint8_t {
  kSmall,   // by the usual weights, if it has fewer than 700 million
            // parameters: whether larger ones gain nobody has measured
  kAlways,  // by the usual weights
  kNever,
};

// Returns the weights for a model of so many parameters whose file says none.
std::optional<MemoryWeights> WeightsWithoutOwn(MemoryMixing mixing,
                                               uint64_t parameters);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MEMORY_USUAL_WEIGHTS_H_
