#version 450
// SPDX-License-Identifier: Apache-2.0
// Step sizes of a chunk's tokens, and the sums of their logarithms of decay:
// of a head (an invocation).
#include "ssd.glsl"
#include "softplus.glsl"
layout(local_size_x = 64) in;

void main() {
  const uint head = gl_GlobalInvocationID.x;
  const Chunk chunk =
      ChunkOf(sequences.at[gl_WorkGroupID.z], gl_WorkGroupID.y);
  if (head >= heads) return;
  const uint begin = StepsBegin(chunk.slot, head);
  const float bias = dt_bias.at[head];
  const float rate = a.at[head];
  float high = 0.0;
  float low = 0.0;
  for (uint t = 0u; t < chunk.count; ++t) {
    const float step_size =
        Softplus(dt.at[(chunk.token + t) * dt_stride + head] + bias);
    // What rounding takes from the sum goes into another. Source: Knuth, The
    // Art of Computer Programming, volume 2, section 4.2.2, theorem B.
    precise float term = step_size * rate;
    precise float sum = high + term;
    precise float of_term = sum - high;
    precise float lost = (high - (sum - of_term)) + (term - of_term);
    high = sum;
    low += lost;
    steps.at[begin + t] = step_size;
    steps.at[begin + kChunk + t] = high;
    steps.at[begin + 2u * kChunk + t] = low;
  }
}
