#version 450
// SPDX-License-Identifier: Apache-2.0
// Mamba's causal convolution, with SiLU: of a channel (an invocation) of all
// tokens of a sequence, from the window in the state, which becomes theirs.
//   y[t] = SiLU(bias + sum_k weight[k] * x[t - (width - 1) + k])
// Dispatched with several layers, each has kPieceTokens of a sequence, and what
// it reads is not what another writes.
#include "common.glsl"
#include "sequences.glsl"
layout(local_size_x = 64) in;

layout(push_constant) uniform Parameters {
  Floats x;       // [tokens], x_stride apart: channels
  Floats y;       // likewise, y_stride apart; in one piece it may be x if the
                  // strides are equal
  Floats weight;  // [width, channels]
  Floats bias;    // [channels]
  Sequences sequences;
  uint channels;
  uint width;  // 2 to kMaxWidth
  uint x_stride;
  uint y_stride;
  uint window_offset;  // in the state: [width - 1, channels], oldest first
};

const uint kMaxWidth = 8u;
const uint kPieceTokens = 64u;

void Store(Floats state, uint channel, float window[kMaxWidth]) {
  for (uint k = 0u; k + 1u < width; ++k) {
    state.at[window_offset + k * channels + channel] = window[k];
  }
}

// Input `k` of the window before token `begin` of a sequence.
float Before(Sequence sequence, uint begin, uint k, uint channel) {
  if (begin > 0u) {
    const uint token = sequence.first_token + begin + k - (width - 1u);
    return x.at[token * x_stride + channel];
  }
  if (!IsThere(sequence.from)) return 0.0;
  return Floats(sequence.from).at[window_offset + k * channels + channel];
}

void main() {
  const uint channel = gl_GlobalInvocationID.x;
  if (channel >= channels) return;
  const Sequence sequence = sequences.at[gl_WorkGroupID.y];
  uint begin = 0u;
  uint end = sequence.tokens;
  if (gl_NumWorkGroups.z > 1u) {
    begin = gl_WorkGroupID.z * kPieceTokens;
    if (begin >= end) return;
    end = min(begin + kPieceTokens, end);
  }
  float weights[kMaxWidth];
  float window[kMaxWidth];  // the last width inputs, oldest first
  for (uint k = 0u; k < width; ++k) {
    weights[k] = weight.at[k * channels + channel];
    window[k] = k + 1u < width ? Before(sequence, begin, k, channel) : 0.0;
  }
  for (uint t = begin; t < end; ++t) {
    if (t == sequence.kept_after) Store(Floats(sequence.kept), channel, window);
    const uint token = sequence.first_token + t;
    window[width - 1u] = x.at[token * x_stride + channel];
    float sum = bias.at[channel];
    for (uint k = 0u; k < width; ++k) sum = fma(weights[k], window[k], sum);
    y.at[token * y_stride + channel] = sum / (1.0 + exp(-sum));
    for (uint k = 0u; k + 1u < width; ++k) window[k] = window[k + 1u];
  }
  if (end < sequence.tokens) return;
  if (sequence.tokens == sequence.kept_after) {
    Store(Floats(sequence.kept), channel, window);
  }
  Store(Floats(sequence.state), channel, window);
}
