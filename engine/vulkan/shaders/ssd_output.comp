#version 450
// SPDX-License-Identifier: Apache-2.0
// The outputs of a chunk's tokens, columns of a head (a workgroup): what the
// state before the chunk gives, what the chunk's own tokens do, and D x. See
// ssd.glsl.
#include "ssd.glsl"
#include "ssd_decay.glsl"
#include "tile_product.glsl"
layout(local_size_x = 64) in;

shared float step_sizes[kChunk];
shared vec2 cums[kChunk];

// C of the chunk's tokens and the rows first.. of the state.
void LoadState(Chunk chunk, uint head, uint first, uint first_col) {
  const uint c_begin = SelectionBegin(GroupOf(head)) + groups * state;
  const uint s_begin = StateBegin(chunk.slot, head);
  for (uint i = gl_LocalInvocationIndex; i < kTile * kDepth; i += kLanes) {
    const uint t = i / kDepth;
    const uint n = first + i % kDepth;
    tile_a[i % kDepth][t / 4u][t % 4u] =
        t < chunk.count && n < state
            ? x.at[(chunk.token + t) * x_stride + c_begin + n]
            : 0.0;
    const uint row = first + i / kTile;
    const uint p = i % kTile;
    tile_b[i / kTile][p / 4u][p % 4u] =
        row < state && first_col + p < head_dim
            ? states.at[s_begin + row * head_dim + first_col + p]
            : 0.0;
  }
}

// What the tokens first.. give to those behind, and their x.
void LoadTokens(Chunk chunk, uint head, uint first, uint first_col) {
  const uint g_begin = GramBegin(chunk.slot, GroupOf(head));
  for (uint i = gl_LocalInvocationIndex; i < kTile * kDepth; i += kLanes) {
    const uint t = i / kDepth;
    const uint s = first + i % kDepth;
    float mix = 0.0;
    if (s <= t && t < chunk.count) {
      mix = gram.at[g_begin + t * kChunk + s] * Decay(cums[t], cums[s]) *
            step_sizes[s];
    }
    tile_a[i % kDepth][t / 4u][t % 4u] = mix;
    const uint p = i % kTile;
    const uint token = first + i / kTile;
    tile_b[i / kTile][p / 4u][p % 4u] =
        token < chunk.count && first_col + p < head_dim
            ? x.at[(chunk.token + token) * x_stride + head * head_dim +
                   first_col + p]
            : 0.0;
  }
}

void main() {
  const uint col_tiles = (head_dim + kTile - 1u) / kTile;
  const uint head = gl_WorkGroupID.x / col_tiles;
  const uint first_col = gl_WorkGroupID.x % col_tiles * kTile;
  const Sequence sequence = sequences.at[gl_WorkGroupID.z];
  const uint begin = gl_WorkGroupID.y * kChunk;
  const Chunk chunk = ChunkOf(sequence, gl_WorkGroupID.y);
  if (chunk.count == 0u || begin + chunk.count <= sequence.first_output) return;
  const uint lane = gl_LocalInvocationIndex;
  if (lane < chunk.count) {
    const uint steps_begin = StepsBegin(chunk.slot, head);
    step_sizes[lane] = StepSize(steps_begin, lane);
    cums[lane] = CumOf(steps_begin, lane);
  }
  const uint row = FirstRow();
  const bool works = row < chunk.count && first_col + FirstCol() < head_dim &&
                     begin + row + 7u >= sequence.first_output;
  ClearSums();
  if (begin > 0u || IsThere(sequence.from)) {
    for (uint first = 0u; first < state; first += kDepth) {
      barrier();
      LoadState(chunk, head, first, first_col);
      barrier();
      if (works) AddTiles();
    }
  }
  barrier();
  [[unroll]] for (uint i = 0u; i < 8u; ++i) {
    const float decay = Decay(cums[min(row + i, chunk.count - 1u)], vec2(0.0));
    sums[i][0] *= decay;
    sums[i][1] *= decay;
  }
  for (uint first = 0u; first < chunk.count; first += kDepth) {
    barrier();
    LoadTokens(chunk, head, first, first_col);
    barrier();
    if (works && first <= row + 7u) AddTiles();
  }
  if (!works) return;
  const float skip = d.at[head];
  [[unroll]] for (uint i = 0u; i < 8u; ++i) {
    const bool asked = row + i < chunk.count &&
                       begin + row + i >= sequence.first_output;
    const uint token = chunk.token + row + i;
    [[unroll]] for (uint j = 0u; j < 8u; ++j) {
      const uint p = first_col + FirstCol() + j;
      const uint at = head * head_dim + p;
      if (asked && p < head_dim) {
        y.at[token * heads * head_dim + at] =
            fma(skip, x.at[token * x_stride + at], sums[i][j / 4u][j % 4u]);
      }
    }
  }
}
