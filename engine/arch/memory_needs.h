// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_MEMORY_NEEDS_H_
#define KRAIT_ENGINE_ARCH_MEMORY_NEEDS_H_

#include <cstddef>

#include "engine/model/hyperparameters.h"

namespace krait::engine {

// What running a model takes in memory besides its file, known before any of it
// is taken: by the shapes alone, an upper bound.
struct MemoryNeeds {
  // What one sequence remembers at its end: snapshots of the recurrent layers
  // (that of the prompt and that of its continuation) with the log behind them,
  // and the keys and values of the attention layers.
  size_t state_bytes = 0;
  // What a batch of a prefill computes with (Model::kMaxBatch).
  size_t batch_bytes = 0;
};

// Of a sequence of `tokens` tokens. `hparams` were checked
// (CheckHyperparameters), so that nothing overflows.
MemoryNeeds MemoryNeedsOf(const Hyperparameters& hparams, size_t tokens);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_MEMORY_NEEDS_H_
