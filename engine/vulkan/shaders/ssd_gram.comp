#version 450
// SPDX-License-Identifier: Apache-2.0
// gram[t, s] = C_t . B_s of a group of a chunk (a workgroup): see ssd.glsl.
#include "ssd.glsl"
#include "tile_product.glsl"
layout(local_size_x = 64) in;

// Elements first.. of C and of B of the chunk's tokens; zeros where there are
// none.
void LoadTiles(Chunk chunk, uint group, uint first) {
  const uint b_begin = SelectionBegin(group);
  for (uint i = gl_LocalInvocationIndex; i < kChunk * kDepth; i += kLanes) {
    const uint k = i % kDepth;
    const uint t = i / kDepth;
    float b = 0.0;
    float c = 0.0;
    if (t < chunk.count && first + k < state) {
      const uint at = (chunk.token + t) * x_stride + b_begin + first + k;
      b = x.at[at];
      c = x.at[at + groups * state];
    }
    tile_a[k][t / 4u][t % 4u] = c;
    tile_b[k][t / 4u][t % 4u] = b;
  }
}

void main() {
  const uint group = gl_WorkGroupID.x;
  const Sequence sequence = sequences.at[gl_WorkGroupID.z];
  const Chunk chunk = ChunkOf(sequence, gl_WorkGroupID.y);
  const uint end = gl_WorkGroupID.y * kChunk + chunk.count;
  if (chunk.count == 0u || end <= sequence.first_output) return;
  // What is above the diagonal or of no output is not used.
  const bool works =
      FirstRow() + 7u >= FirstCol() && FirstRow() < chunk.count &&
      gl_WorkGroupID.y * kChunk + FirstRow() + 7u >= sequence.first_output;
  ClearSums();
  for (uint first = 0u; first < state; first += kDepth) {
    barrier();
    LoadTiles(chunk, group, first);
    barrier();
    if (works) AddTiles();
  }
  if (!works) return;
  const uint begin = GramBegin(chunk.slot, group) + FirstCol();
  [[unroll]] for (uint i = 0u; i < 8u; ++i) {
    [[unroll]] for (uint j = 0u; j < 8u; ++j) {
      gram.at[begin + (FirstRow() + i) * kChunk + j] = sums[i][j / 4u][j % 4u];
    }
  }
}
