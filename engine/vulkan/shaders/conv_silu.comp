#version 450
// SPDX-License-Identifier: Apache-2.0
// Mamba's causal convolution, with SiLU: of a channel (an invocation) of all
// tokens of a sequence, from the window in the state, which becomes theirs.
//   y[t] = SiLU(bias + sum_k weight[k] * x[t - (width - 1) + k])
#include "common.glsl"
#include "sequences.glsl"
layout(local_size_x = 64) in;

layout(push_constant) uniform Parameters {
  Floats x;       // [tokens], x_stride apart: channels
  Floats y;       // likewise, y_stride apart; may be x if the strides are equal
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

void Store(Floats state, uint channel, float window[kMaxWidth]) {
  for (uint k = 0u; k + 1u < width; ++k) {
    state.at[window_offset + k * channels + channel] = window[k];
  }
}

void main() {
  const uint channel = gl_GlobalInvocationID.x;
  if (channel >= channels) return;
  Sequence sequence = sequences.at[gl_WorkGroupID.y];
  Floats state = Floats(sequence.state);
  float weights[kMaxWidth];
  float window[kMaxWidth];  // the last width inputs, oldest first
  for (uint k = 0u; k < width; ++k) {
    weights[k] = weight.at[k * channels + channel];
    window[k] = k + 1u < width ? state.at[window_offset + k * channels +
                                          channel]
                               : 0.0;
  }
  for (uint t = 0u; t < sequence.tokens; ++t) {
    if (t == sequence.kept_after) Store(Floats(sequence.kept), channel, window);
    const uint token = sequence.first_token + t;
    window[width - 1u] = x.at[token * x_stride + channel];
    float sum = bias.at[channel];
    for (uint k = 0u; k < width; ++k) sum = fma(weights[k], window[k], sum);
    y.at[token * y_stride + channel] = sum / (1.0 + exp(-sum));
    for (uint k = 0u; k + 1u < width; ++k) window[k] = window[k + 1u];
  }
  if (sequence.tokens == sequence.kept_after) {
    Store(Floats(sequence.kept), channel, window);
  }
  Store(state, channel, window);
}
