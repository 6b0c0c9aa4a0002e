#version 450
// SPDX-License-Identifier: Apache-2.0
// Mamba-2's recurrence of a head of a sequence (a workgroup), token by token:
//   dt  = softplus(dt + dt_bias)
//   S  <- exp(dt * A) * S + dt * B (outer) x
//   y   = C^T S + D * x
// S [state, head_dim] stays in registers: an invocation has one column of
// head_dim and every kParts-th row. Source: see simd/ssm.h.
#include "common.glsl"
#include "sequences.glsl"
#include "softplus.glsl"
layout(local_size_x = 256) in;

layout(constant_id = 0) const uint kHeadDim = 64u;  // at most 256
layout(constant_id = 1) const uint kState = 128u;
const uint kParts = 256u / kHeadDim;
const uint kRows = (kState + kParts - 1u) / kParts;  // of an invocation, most

layout(push_constant) uniform Parameters {
  Floats x;        // [tokens], `stride` apart: x [heads, head_dim], then B and
                   // C [groups, state] each, then dt [heads]
  Floats y;        // [tokens, heads * head_dim]
  Floats dt_bias;  // [heads]
  Floats a;        // [heads], negative
  Floats d;        // [heads]
  Sequences sequences;
  uint heads;
  uint groups;
  uint stride;
  uint ssm_offset;  // in the state: [heads, state, head_dim]
};

shared float sums[kParts][kHeadDim];

void main() {
  const uint head = gl_WorkGroupID.x;
  Sequence sequence = sequences.at[gl_WorkGroupID.y];
  Floats state = Floats(sequence.state);
  const uint column = gl_LocalInvocationID.x % kHeadDim;
  const uint part = gl_LocalInvocationID.x / kHeadDim;
  const bool works = part < kParts;
  const uint s_begin = ssm_offset + head * kState * kHeadDim + column;
  const uint d_inner = heads * kHeadDim;
  const uint b_ofs = d_inner + head / (heads / groups) * kState;
  const uint c_ofs = b_ofs + groups * kState;
  const uint dt_ofs = d_inner + 2u * groups * kState + head;
  float s[kRows];
  for (uint i = 0u; i < kRows; ++i) {
    const uint row = i * kParts + part;
    s[i] = works && row < kState
               ? state.at[s_begin + row * kHeadDim]
               : 0.0;
  }
  for (uint t = 0u; t <= sequence.tokens; ++t) {
    if (t == sequence.kept_after && works) {
      for (uint i = 0u; i < kRows; ++i) {
        const uint row = i * kParts + part;
        if (row < kState) Floats(sequence.kept).at[s_begin + row * kHeadDim] = s[i];
      }
    }
    if (t == sequence.tokens) break;
    const uint token = sequence.first_token + t;
    const uint begin = token * stride;
    const float dt = Softplus(x.at[begin + dt_ofs] + dt_bias.at[head]);
    const float decay = exp(dt * a.at[head]);
    const float input_value = x.at[begin + head * kHeadDim + column];
    float sum = 0.0;
    for (uint i = 0u; i < kRows; ++i) {
      const uint row = i * kParts + part;
      if (works && row < kState) {
        s[i] = fma(decay, s[i], dt * x.at[begin + b_ofs + row] * input_value);
        sum = fma(x.at[begin + c_ofs + row], s[i], sum);
      }
    }
    barrier();  // of those who still read the sums of the token before
    if (works) sums[part][column] = sum;
    barrier();
    if (part == 0u) {
      float total = d.at[head] * input_value;
      for (uint p = 0u; p < kParts; ++p) total += sums[p][column];
      y.at[token * d_inner + head * kHeadDim + column] = total;
    }
  }
  if (!works) return;
  for (uint i = 0u; i < kRows; ++i) {
    const uint row = i * kParts + part;
    if (row < kState) state.at[s_begin + row * kHeadDim] = s[i];
  }
}
