#version 450
// SPDX-License-Identifier: Apache-2.0
// Mamba-1's recurrence of a channel of a sequence (an invocation), token by
// token, its state in registers:
//   dt   = softplus(dt + dt_bias)
//   S[n] = exp(dt * A[n]) * S[n] + dt * x * B[n]
//   y    = sum_n C[n] * S[n] + D * x
// Source: see simd/selective_scan.h.
#include "common.glsl"
#include "sequences.glsl"
#include "softplus.glsl"
layout(local_size_x = 64) in;

layout(constant_id = 0) const uint kState = 16u;

layout(push_constant) uniform Parameters {
  Floats x;         // [tokens, channels]
  Floats dt;        // likewise
  Floats selected;  // [tokens], selected_stride apart: narrow dt, B, C
  Floats y;         // [tokens, channels]
  Floats dt_bias;   // [channels]
  Floats a;         // [kState, channels], negative
  Floats d;         // [channels]
  Sequences sequences;
  uint channels;
  uint dt_rank;
  uint selected_stride;
  uint ssm_offset;  // in the state: [kState, channels]
};

void main() {
  const uint channel = gl_GlobalInvocationID.x;
  if (channel >= channels) return;
  Sequence sequence = sequences.at[gl_WorkGroupID.y];
  Floats state = Floats(sequence.state);
  const uint s_begin = ssm_offset + channel;
  float s[kState];
  float decays[kState];
  for (uint n = 0u; n < kState; ++n) {
    s[n] = state.at[s_begin + n * channels];
    decays[n] = a.at[n * channels + channel];
  }
  for (uint t = 0u; t <= sequence.tokens; ++t) {
    if (t == sequence.kept_after) {
      for (uint n = 0u; n < kState; ++n) {
        Floats(sequence.kept).at[s_begin + n * channels] = s[n];
      }
    }
    if (t == sequence.tokens) break;
    const uint token = sequence.first_token + t;
    const uint at = token * channels + channel;
    const uint b_begin = token * selected_stride + dt_rank;
    const float step_size = Softplus(dt.at[at] + dt_bias.at[channel]);
    const float value = x.at[at];
    float sum = d.at[channel] * value;
    for (uint n = 0u; n < kState; ++n) {
      s[n] = fma(exp(step_size * decays[n]), s[n],
                 step_size * value * selected.at[b_begin + n]);
      sum = fma(selected.at[b_begin + kState + n], s[n], sum);
    }
    y.at[at] = sum;
  }
  for (uint n = 0u; n < kState; ++n) {
    state.at[s_begin + n * channels] = s[n];
  }
}
