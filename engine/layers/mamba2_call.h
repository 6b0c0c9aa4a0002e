// SPDX-License-Identifier: Apache-2.0
// What the files of Mamba-2's mixer share; nobody else includes it.
#ifndef KRAIT_ENGINE_LAYERS_MAMBA2_CALL_H_
#define KRAIT_ENGINE_LAYERS_MAMBA2_CALL_H_

#include <cstddef>
#include <span>

#include "engine/layers/mamba2_mixer.h"
#include "engine/threads/worker_pool.h"

namespace krait::engine {

// What one call works on: rows of one sequence, or a run of each of several.
struct Mamba2Mixer::Call {
  size_t rows() const { return tail + tokens; }

  Pass pass;
  size_t tail = 0;      // tokens before, whose inputs are taken from the state
  size_t tokens;        // new ones
  size_t new_base = 0;  // where the state's base will be (kPrefill)
  size_t stride;        // of a row of `projected`
  float* input;         // x of the first row
  RecurrentState* state = nullptr;      // kPrefill
  std::span<const BatchRun> runs = {};  // kDecode
  Buffers& buffers;
  WorkerPool& pool;

  // x, B, C, dt of a row: first the tail's, then the new tokens'.
  float* Inputs(size_t row) const { return input + row * stride; }

  // One token is too little work to share.
  template <class Body>
  void ForRanges(size_t size, size_t grain, const Body& body) const {
    if (rows() == 1) return body(0, size, 0);
    pool.ForRanges(size, grain, body);
  }
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_LAYERS_MAMBA2_CALL_H_
