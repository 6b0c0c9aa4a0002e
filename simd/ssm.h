// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_SSM_H_
#define KRAIT_SIMD_SSM_H_

#include <cstddef>
#include <cstdint>

namespace krait::simd {

// The selective state space recurrence of Mamba-2 for one head h of group g:
//   S_t = exp(dt_t * A) * S_{t-1} + dt_t * B_t (outer) x_t
//   y_t = C_t^T S_t + D * x_t
// Source: Dao and Gu 2024, "Transformers are SSMs", section 6 and listing 1
// (ssd_minimal), and mamba2.py::step.
//
// S is stored [state, head_dim]: head_dim is contiguous, so that both the
// update and the read-out run along it without horizontal sums. (The published
// layout is [head_dim, state].) Any alignment works; states and inputs that
// begin on a cache line are up to a quarter faster.

// What the tokens of one call bring; row strides in floats.
struct SsmInputs {
  size_t tokens = 0;
  size_t first_output = 0;  // y is not asked for before this token (SsdChunk)
  size_t heads = 0;
  size_t groups = 0;  // head h uses group h / (heads / groups)
  size_t head_dim = 0;
  size_t state = 0;
  const float* x = nullptr;  // [tokens, heads * head_dim], after conv + SiLU
  size_t x_stride = 0;
  const float* b = nullptr;  // [tokens, groups * state], likewise
  size_t b_stride = 0;
  const float* c = nullptr;  // [tokens, groups * state], likewise
  size_t c_stride = 0;
  const float* dt = nullptr;  // [tokens, heads], after bias and softplus
  size_t dt_stride = 0;
  const float* a = nullptr;  // [heads], negative: -exp(A_log)
  const float* d = nullptr;  // [heads]
};

// One token (inputs.tokens == 1), heads [head_begin, head_end).
//   states [heads, state, head_dim], updated in place
//   y      [heads * head_dim]
void SsmStep(const SsmInputs& inputs, size_t head_begin, size_t head_end,
             float* states, float* y);

// The most tokens of one call of SsdChunk.
inline constexpr size_t kSsdMaxChunk = 64;

// Returns the bytes of scratch that one thread needs in SsdChunk, a multiple
// of 64.
size_t SsdScratchBytes(size_t head_dim, size_t state);

// A chunk of 1..kSsdMaxChunk tokens in the matrix form of the state space
// duality: each head's state is read and written once, not once per token.
// Within a chunk, with cum_t = sum_{i<=t} dt_i * A:
//   y_t = sum_{s<=t} (C_t . B_s) exp(cum_t - cum_s) dt_s x_s
//         + exp(cum_t) C_t^T S + D x_t
//   S  <- exp(cum_last) S + sum_s exp(cum_last - cum_s) dt_s B_s (outer) x_s
// y_t is computed from the tokens up to t only, in an order that does not
// depend on how many follow or are asked for: a chunk run again with more
// tokens gives the same bits for those before.
// Equal to SsmStep token by token up to rounding. Heads outer, tokens inner;
// C B^T is computed once per group, so give a thread whole groups if possible.
//   parts   what to compute; without kState `states` is only read, without
//           kOutput `y` is not touched (and `inputs.c`, `inputs.d` not read)
//   states  [heads, state, head_dim], updated in place
//   y       [tokens, heads * head_dim], row stride y_stride; must not be x;
//           rows before inputs.first_output are not touched
//   scratch 64-byte aligned, SsdScratchBytes(), one per thread
enum class SsdParts : uint8_t { kOutput, kState, kBoth };
void SsdChunk(const SsmInputs& inputs, SsdParts parts, size_t head_begin,
              size_t head_end, float* states, float* y, size_t y_stride,
              void* scratch);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_SSM_H_
