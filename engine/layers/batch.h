// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_LAYERS_BATCH_H_
#define KRAIT_ENGINE_LAYERS_BATCH_H_

#include <cstddef>
#include <span>
#include <vector>

#include "engine/layers/executor.h"
#include "engine/state/layered_state.h"

namespace krait::engine {

// A token of a batch: the state that it advances, and where it stands.
struct BatchRow {
  LayeredState* state;
  size_t position;
};

// Rows of a batch that follow each other, of one state.
struct BatchRun {
  // Of a decode: the rows behind the first are a guess, and leave the base of
  // the state's recurrent part as it is.
  bool is_draft() const { return count > 1; }

  LayeredState* state;
  size_t first;
  size_t count;
};

// What one forward call works on, for all layers: the next tokens of one
// sequence (kPrefill), or one or a few of each of several (kDecode). The states
// have room for them (LayeredState::BeginPrefill, BeginDecode).
struct Batch {
  size_t tokens() const { return rows.size(); }

  Pass pass;
  const std::vector<BatchRow>& rows;
  Executor& executor;
  // All rows, those of a state as one run; only recurrent layers need them.
  std::span<const BatchRun> runs = {};
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_BATCH_H_
