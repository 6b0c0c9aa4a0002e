#version 450
// SPDX-License-Identifier: Apache-2.0
// What a chunk adds to the state of a head, as it is at the chunk's end,
//   sum_s exp(cum_last - cum_s) dt_s B_s (outer) x_s
// a tile of it (a workgroup): see ssd.glsl.
#include "ssd.glsl"
#include "ssd_decay.glsl"
#include "tile_product.glsl"
layout(local_size_x = 64) in;

shared float weights[kChunk];  // exp(cum_last - cum_s) dt_s

// B of the chunk's tokens first.., rows first_row.., weighted, and x, columns
// first_col..; zeros where there are none.
void LoadTiles(Chunk chunk, uint head, uint first, uint first_row,
               uint first_col) {
  const uint b_begin = SelectionBegin(GroupOf(head));
  for (uint i = gl_LocalInvocationIndex; i < kTile * kDepth; i += kLanes) {
    const uint k = i / kTile;
    const uint n = i % kTile;
    float b = 0.0;
    float value = 0.0;
    if (first + k < chunk.count) {
      const uint row = (chunk.token + first + k) * x_stride;
      if (first_row + n < state) {
        b = weights[first + k] * x.at[row + b_begin + first_row + n];
      }
      if (first_col + n < head_dim) {
        value = x.at[row + head * head_dim + first_col + n];
      }
    }
    tile_a[k][n / 4u][n % 4u] = b;
    tile_b[k][n / 4u][n % 4u] = value;
  }
}

void main() {
  const uint col_tiles = (head_dim + kTile - 1u) / kTile;
  const uint row_tiles = (state + kTile - 1u) / kTile;
  const uint head = gl_WorkGroupID.x / (row_tiles * col_tiles);
  const uint tile = gl_WorkGroupID.x % (row_tiles * col_tiles);
  const uint first_row = tile / col_tiles * kTile;
  const uint first_col = tile % col_tiles * kTile;
  const Chunk chunk =
      ChunkOf(sequences.at[gl_WorkGroupID.z], gl_WorkGroupID.y);
  if (chunk.count == 0u) return;
  const uint s = gl_LocalInvocationIndex;
  if (s < chunk.count) {
    const uint begin = StepsBegin(chunk.slot, head);
    weights[s] = Decay(CumOf(begin, chunk.count - 1u), CumOf(begin, s)) *
                 StepSize(begin, s);
  }
  const bool works = first_row + FirstRow() < state &&
                     first_col + FirstCol() < head_dim;
  ClearSums();
  for (uint first = 0u; first < chunk.count; first += kDepth) {
    barrier();
    LoadTiles(chunk, head, first, first_row, first_col);
    barrier();
    if (works) AddTiles();
  }
  const uint begin = StateBegin(chunk.slot, head);
  [[unroll]] for (uint i = 0u; i < 8u; ++i) {
    const uint row = first_row + FirstRow() + i;
    [[unroll]] for (uint j = 0u; j < 8u; ++j) {
      const uint col = first_col + FirstCol() + j;
      if (row < state && col < head_dim) {
        states.at[begin + row * head_dim + col] = sums[i][j / 4u][j % 4u];
      }
    }
  }
}
