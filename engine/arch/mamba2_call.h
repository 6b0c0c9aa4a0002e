// SPDX-License-Identifier: Apache-2.0
// What the files of Mamba-2's forward pass share; nobody else includes it.
#ifndef KRAIT_ENGINE_ARCH_MAMBA2_CALL_H_
#define KRAIT_ENGINE_ARCH_MAMBA2_CALL_H_

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/arch/linear.h"
#include "engine/arch/mamba2.h"
#include "engine/threads/worker_pool.h"
#include "simd/ssm.h"

namespace krait::engine {

struct Mamba2::Buffers final : public Scratch {
  Buffers(size_t workers, const Mamba2Shape& shape, size_t d_model)
      : window((shape.conv_width - 1) * shape.conv_dim()),
        linear(workers, std::max(d_model, shape.d_inner)) {
    for (size_t i = 0; i < workers; ++i) {
      ssd.emplace_back(simd::SsdScratchBytes(shape.head_dim, shape.state));
    }
  }

  void Reserve(size_t tail, size_t tokens, const Mamba2Shape& shape,
               size_t d_model) {
    if (tokens > capacity) {
      capacity = tokens;
      u = AlignedArray<float>(tokens * d_model);
      h = AlignedArray<float>(tokens * d_model);
    }
    if (tail + tokens > rows) {
      rows = tail + tokens;
      projected = AlignedArray<float>(rows * shape.in_proj_rows());
      y = AlignedArray<float>(rows * shape.d_inner);
    }
  }

  size_t capacity = 0;            // tokens
  size_t rows = 0;                // tail and tokens
  AlignedArray<float> u;          // [tokens, d_model], the residual stream
  AlignedArray<float> h;          // [tokens, d_model]
  AlignedArray<float> projected;  // [rows, in_proj_rows]: z, x, B, C, dt
  AlignedArray<float> y;          // [rows, d_inner]
  AlignedArray<float> window;     // [conv_width - 1, conv_dim]
  Linear linear;
  std::vector<AlignedArray<std::byte>> ssd;  // one per worker
  std::vector<float*> logits;                // of a decode, one per row
};

// What one call works on: rows of one sequence, or one row of each of several.
struct Mamba2::Call {
  size_t rows() const { return tail + tokens; }

  Pass pass;
  size_t tail = 0;      // tokens before, whose inputs are taken from the state
  size_t tokens;        // new ones
  size_t new_base = 0;  // where the state's base will be (kPrefill)
  size_t stride;        // of a row of `projected`
  float* input;         // x of the first row
  RecurrentState* state = nullptr;         // kPrefill
  std::span<const DecodeStep> steps = {};  // kDecode, one per row
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

#endif  // KRAIT_ENGINE_ARCH_MAMBA2_CALL_H_
