#version 450
// SPDX-License-Identifier: Apache-2.0
// Mamba-2's recurrence of a head of a sequence (a workgroup), token by token:
//   dt  = softplus(dt + dt_bias)
//   S  <- exp(dt * A) * S + dt * B (outer) x
//   y   = C^T S + D * x
// S [state, head_dim] stays in registers: an invocation has one column of
// head_dim and every kParts-th row. What kBlock tokens bring is loaded at once,
// and their outputs are added up at once, so that nothing waits for memory or
// others token by token; each has the same sums all the same. Source: see
// simd/ssm.h.
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

const uint kBlock = 8u;
shared float selected[kBlock][2u * kState];  // B, C
shared float step_sizes[kBlock];
shared float decays[kBlock];
shared float sums[kBlock][kParts][kHeadDim];

// What tokens first.. bring to a head.
void LoadBlock(uint first, uint count, uint head) {
  const uint group = head / (heads / groups);
  const uint b_ofs = heads * kHeadDim + group * kState;
  const uint c_ofs = b_ofs + groups * kState;
  const uint dt_ofs = heads * kHeadDim + 2u * groups * kState + head;
  for (uint i = gl_LocalInvocationIndex; i < count * 2u * kState; i += 256u) {
    const uint k = i / (2u * kState);
    const uint row = i % (2u * kState);
    selected[k][row] = x.at[(first + k) * stride +
                            (row < kState ? b_ofs + row : c_ofs + row - kState)];
  }
  if (gl_LocalInvocationIndex < count) {
    const uint k = gl_LocalInvocationIndex;
    const float dt =
        Softplus(x.at[(first + k) * stride + dt_ofs] + dt_bias.at[head]);
    step_sizes[k] = dt;
    decays[k] = exp(dt * a.at[head]);
  }
}

void main() {
  const uint head = gl_WorkGroupID.x;
  Sequence sequence = sequences.at[gl_WorkGroupID.y];
  const uint column = gl_LocalInvocationID.x % kHeadDim;
  const uint part = gl_LocalInvocationID.x / kHeadDim;
  const bool works = part < kParts;
  const uint s_begin = ssm_offset + head * kState * kHeadDim + column;
  const uint d_inner = heads * kHeadDim;
  float s[kRows];
  for (uint i = 0u; i < kRows; ++i) {
    const uint row = i * kParts + part;
    s[i] = works && row < kState && IsThere(sequence.from)
               ? Floats(sequence.from).at[s_begin + row * kHeadDim]
               : 0.0;
  }
  for (uint t = 0u;;) {
    if (t == sequence.kept_after && works) {
      for (uint i = 0u; i < kRows; ++i) {
        const uint row = i * kParts + part;
        if (row < kState) {
          Floats(sequence.kept).at[s_begin + row * kHeadDim] = s[i];
        }
      }
    }
    if (t == sequence.tokens) break;
    const uint first = sequence.first_token + t;
    uint count = min(kBlock, sequence.tokens - t);
    if (t < sequence.kept_after) count = min(count, sequence.kept_after - t);
    barrier();  // of those who still read the block before
    LoadBlock(first, count, head);
    barrier();
    for (uint k = 0u; k < count; ++k) {
      const float added =
          step_sizes[k] * x.at[(first + k) * stride + head * kHeadDim + column];
      float sum = 0.0;
      for (uint i = 0u; i < kRows; ++i) {
        const uint row = i * kParts + part;
        if (works && row < kState) {
          s[i] = fma(decays[k], s[i], selected[k][row] * added);
          sum = fma(selected[k][kState + row], s[i], sum);
        }
      }
      if (works) sums[k][part][column] = sum;
    }
    barrier();
    for (uint i = gl_LocalInvocationIndex; i < count * kHeadDim; i += 256u) {
      const uint k = i / kHeadDim;
      const uint at = head * kHeadDim + i % kHeadDim;
      float total = d.at[head] * x.at[(first + k) * stride + at];
      for (uint p = 0u; p < kParts; ++p) total += sums[k][p][i % kHeadDim];
      y.at[(first + k) * d_inner + at] = total;
    }
    t += count;
  }
  if (!works) return;
  for (uint i = 0u; i < kRows; ++i) {
    const uint row = i * kParts + part;
    if (row < kState) {
      Floats(sequence.state).at[s_begin + row * kHeadDim] = s[i];
    }
  }
}
