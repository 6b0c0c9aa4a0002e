// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_SIMD_SELECTIVE_SCAN_H_
#define KRAIT_SIMD_SELECTIVE_SCAN_H_

#include <cstddef>

namespace krait::simd {

// The selective state space recurrence of Mamba-1, for each channel by itself:
//   S_t[n] = exp(dt_t * A[n]) * S_{t-1}[n] + dt_t * x_t * B_t[n]
//   y_t    = sum_n C_t[n] * S_t[n] + D * x_t
// A, D, dt and x are the channel's, B and C the token's.
// Source: Gu and Dao 2023, "Mamba", section 3.2, and state-spaces/mamba,
// selective_scan_ref. (Mamba-2's A is one number per head: see ssm.h.)
//
// S is stored [state, channels], so that vectors run along the channels and no
// sum is horizontal. (The published layout is [channels, state].)

// What the tokens of one call bring; row strides in floats.
struct SelectiveScanInputs {
  size_t tokens = 0;
  size_t first_output = 0;  // y is not asked for before this token
  size_t channels = 0;
  size_t state = 0;
  const float* x = nullptr;  // [tokens, channels], after conv + SiLU
  size_t x_stride = 0;
  const float* dt = nullptr;  // [tokens, channels], after bias and softplus
  size_t dt_stride = 0;
  const float* b = nullptr;  // [tokens, state]
  size_t b_stride = 0;
  const float* c = nullptr;  // [tokens, state]
  size_t c_stride = 0;
  const float* a = nullptr;  // [state, channels], negative: -exp(A_log)
  const float* d = nullptr;  // [channels]
};

// Channels [channel_begin, channel_end), token after token: how tokens and
// channels are cut into calls does not show in a bit.
//   from  [state, channels], the state before the first token
//   to    [state, channels], becomes the state after the last one; may be
//         `from`; nullptr: it is not wanted
//   y     [tokens, channels], row stride y_stride; must not be an input; rows
//         before inputs.first_output are not touched; may be nullptr if that
//         leaves none
void SelectiveScan(const SelectiveScanInputs& inputs, size_t channel_begin,
                   size_t channel_end, const float* from, float* to, float* y,
                   size_t y_stride);

}  // namespace krait::simd

#endif  // KRAIT_SIMD_SELECTIVE_SCAN_H_
