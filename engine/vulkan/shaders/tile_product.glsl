// SPDX-License-Identifier: Apache-2.0
// Sums of a tile of kTile rows and columns of a product, which a workgroup of
// 64 adds up kDepth terms at a time, from shared memory: an invocation has
// eight neighbouring rows and columns.
const uint kTile = 64u;
const uint kDepth = 16u;
const uint kLanes = 64u;  // of the workgroup
shared vec4 tile_a[kDepth][kTile / 4u];  // by its terms: rows
shared vec4 tile_b[kDepth][kTile / 4u];  // columns

vec4 sums[8][2];  // [rows, columns / 4]

void ClearSums() {
  [[unroll]] for (uint i = 0u; i < 8u; ++i) {
    sums[i][0] = vec4(0.0);
    sums[i][1] = vec4(0.0);
  }
}

// The first of an invocation's rows and columns.
uint FirstRow() { return gl_LocalInvocationIndex / 8u * 8u; }
uint FirstCol() { return gl_LocalInvocationIndex % 8u * 8u; }

// Adds the products of what is in the tiles.
void AddTiles() {
  const uint row = FirstRow() / 4u;
  const uint col = FirstCol() / 4u;
  for (uint k = 0u; k < kDepth; ++k) {
    const vec4 b0 = tile_b[k][col];
    const vec4 b1 = tile_b[k][col + 1u];
    [[unroll]] for (uint half_rows = 0u; half_rows < 2u; ++half_rows) {
      const vec4 of_rows = tile_a[k][row + half_rows];
      [[unroll]] for (uint i = 0u; i < 4u; ++i) {
        const uint r = 4u * half_rows + i;
        sums[r][0] = fma(vec4(of_rows[i]), b0, sums[r][0]);
        sums[r][1] = fma(vec4(of_rows[i]), b1, sums[r][1]);
      }
    }
  }
}
