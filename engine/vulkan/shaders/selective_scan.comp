#version 450
// SPDX-License-Identifier: Apache-2.0
// Mamba-1's recurrence of a channel of a sequence (an invocation), token by
// token, its state in registers. What kBlock tokens bring is loaded at once:
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

const uint kBlock = 8u;
shared float selection[kBlock][2u * kState];  // B, C

void main() {
  const uint channel = min(gl_GlobalInvocationID.x, channels - 1u);
  const bool works = gl_GlobalInvocationID.x < channels;
  Sequence sequence = sequences.at[gl_WorkGroupID.y];
  const uint s_begin = ssm_offset + channel;
  float s[kState];
  float rates[kState];
  for (uint n = 0u; n < kState; ++n) {
    s[n] = IsThere(sequence.from)
               ? Floats(sequence.from).at[s_begin + n * channels]
               : 0.0;
    rates[n] = a.at[n * channels + channel];
  }
  for (uint t = 0u;;) {
    if (t == sequence.kept_after && works) {
      for (uint n = 0u; n < kState; ++n) {
        Floats(sequence.kept).at[s_begin + n * channels] = s[n];
      }
    }
    if (t == sequence.tokens) break;
    const uint first = sequence.first_token + t;
    uint count = min(kBlock, sequence.tokens - t);
    if (t < sequence.kept_after) count = min(count, sequence.kept_after - t);
    barrier();  // of those who still read the block before
    for (uint i = gl_LocalInvocationIndex; i < count * 2u * kState; i += 64u) {
      selection[i / (2u * kState)][i % (2u * kState)] =
          selected.at[(first + i / (2u * kState)) * selected_stride + dt_rank +
                      i % (2u * kState)];
    }
    float step_sizes[kBlock];
    float values[kBlock];
    for (uint k = 0u; k < count; ++k) {
      const uint at = (first + k) * channels + channel;
      step_sizes[k] = Softplus(dt.at[at] + dt_bias.at[channel]);
      values[k] = x.at[at];
    }
    barrier();
    for (uint k = 0u; k < count; ++k) {
      float sum = d.at[channel] * values[k];
      for (uint n = 0u; n < kState; ++n) {
        s[n] = fma(exp(step_sizes[k] * rates[n]), s[n],
                   step_sizes[k] * values[k] * selection[k][n]);
        sum = fma(selection[k][kState + n], s[n], sum);
      }
      if (works) y.at[(first + k) * channels + channel] = sum;
    }
    t += count;
  }
  if (!works) return;
  for (uint n = 0u; n < kState; ++n) {
    Floats(sequence.state).at[s_begin + n * channels] = s[n];
  }
}
