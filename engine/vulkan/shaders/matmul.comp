#version 450
// SPDX-License-Identifier: Apache-2.0
// y[t * y_stride + r] = (W x_t)[r] for many tokens: tiles of kTileRows rows and
// kTileTokens tokens, kDepth elements at a time through shared memory. What a
// token gets does not depend on the others: each sum goes along the row, from
// its begin.
#include "common.glsl"
#include "product_parameters.glsl"
layout(local_size_x = 128) in;
layout(constant_id = 0) const bool kExperts = false;

#define PARAMETERS  \
  Floats x;         \
  ROW_PARAMETERS
#include "format.glsl"
#include "token_rows.glsl"

const uint kTileRows = 64u;
const uint kTileTokens = 32u;
const uint kDepth = 32u;
// An invocation has 4 rows, kTileRows / 4 apart, and 4 tokens.
const uint kRowLanes = kTileRows / 4u;

// One more, so that a column's elements lie in different banks.
shared float tile_w[kTileRows][kDepth + 1u];
shared float tile_x[kTileTokens][kDepth + 1u];

void LoadWeights(uint first_row, uint first_col) {
  const uint lane = gl_LocalInvocationIndex;  // a row and one of two groups
  const uint row = lane / 2u;
  const uint group = lane % 2u;
  float w[16];
  for (uint i = 0u; i < 16u; ++i) w[i] = 0.0;
  if (first_row + row < rows && first_col + 16u * group < cols) {
    RowGroup(RowBegin(first_row + row, cols), first_col / 16u + group, cols, w);
  }
  for (uint i = 0u; i < 16u; ++i) tile_w[row][16u * group + i] = w[i];
}

void LoadInputs(uint first_token, uint first_col) {
  for (uint i = gl_LocalInvocationIndex; i < kTileTokens * kDepth;
       i += gl_WorkGroupSize.x) {
    const uint token = first_token + i / kDepth;
    const uint col = first_col + i % kDepth;
    tile_x[i / kDepth][i % kDepth] =
        token < TokenCount() && col < cols
            ? x.at[InputRow(token) * x_stride + col]
            : 0.0;
  }
}

void main() {
  ChooseMatrix();
  const uint first_row = gl_WorkGroupID.x * kTileRows;
  const uint first_token = gl_WorkGroupID.y * kTileTokens;
  if (first_token >= TokenCount()) return;
  const uint row = gl_LocalInvocationIndex % kRowLanes;
  const uint token = gl_LocalInvocationIndex / kRowLanes * 4u;
  float sums[4][4];
  for (uint i = 0u; i < 16u; ++i) sums[i / 4u][i % 4u] = 0.0;
  for (uint col = 0u; col < cols; col += kDepth) {
    LoadWeights(first_row, col);
    LoadInputs(first_token, col);
    barrier();
    for (uint k = 0u; k < kDepth; ++k) {
      float w[4];
      for (uint i = 0u; i < 4u; ++i) w[i] = tile_w[row + i * kRowLanes][k];
      for (uint j = 0u; j < 4u; ++j) {
        const float x_value = tile_x[token + j][k];
        for (uint i = 0u; i < 4u; ++i) {
          sums[i][j] = fma(w[i], x_value, sums[i][j]);
        }
      }
    }
    barrier();
  }
  for (uint i = 0u; i < 4u; ++i) {
    const uint y_row = first_row + row + i * kRowLanes;
    for (uint j = 0u; j < 4u; ++j) {
      const uint y_token = first_token + token + j;
      if (y_row < rows && y_token < TokenCount()) {
        y.at[OutputRow(y_token) * y_stride + y_row] = sums[i][j];
      }
    }
  }
}
