#version 450
// SPDX-License-Identifier: Apache-2.0
// y[t * y_stride + r] = (W x_t)[r] for many tokens, in integers: quantised
// weights as they are, inputs as pack_int8.comp has made them. A workgroup has
// a tile of kTileRows rows and kTileTokens tokens; of each step of 32 elements
// both go through shared memory. What a token gets does not depend on the
// others: each sum goes along the row, from its begin.
#include "common.glsl"
#include "dot_of_bytes.glsl"
#include "product_parameters.glsl"
layout(local_size_x = 128) in;
layout(constant_id = 0) const bool kExperts = false;

layout(buffer_reference, std430, buffer_reference_align = 8) readonly buffer
    Factors {
  vec2 at[];
};

#define PARAMETERS  \
  Quads x;          \
  Factors factors;  \
  ROW_PARAMETERS
#include "format.glsl"
#include "token_rows.glsl"

const uint kTileRows = 64u;
const uint kTileTokens = 64u;
// An invocation has 4 rows, kRowLanes apart, and 8 tokens.
const uint kRowLanes = kTileRows / 4u;
const uint kTokens = 8u;

// One more, so that a column's words lie in different banks.
shared uint tile_w[kTileRows][9];
shared uint tile_x[kTileTokens][9];
shared vec2 factors_w[kTileRows][2];  // scale, minimum
shared vec2 factors_x[kTileTokens][2];

void Load(uint first_row, uint first_token, uint col) {
  const uint item = gl_LocalInvocationIndex / 2u;
  const uint part = gl_LocalInvocationIndex % 2u;
  const uint group = col / 16u + part;
  // Rows and tokens behind the last: that one, for results that nobody wants.
  const uint row = min(first_row + item, rows - 1u);
  uint q[4];
  RowQuants(RowBegin(row, cols), group, q, factors_w[item][part].x,
            factors_w[item][part].y);
  const uint token = InputRow(min(first_token + item, TokenCount() - 1u));
  const uvec4 inputs = x.at[token * (x_stride / 16u) + group];
  for (uint i = 0u; i < 4u; ++i) {
    tile_w[item][4u * part + i] = q[i];
    tile_x[item][4u * part + i] = inputs[i];
  }
  factors_x[item][part] = factors.at[token * (x_stride / 16u) + group];
}

void main() {
  ChooseMatrix();
  const uint first_row = gl_WorkGroupID.x * kTileRows;
  const uint first_token = gl_WorkGroupID.y * kTileTokens;
  if (first_token >= TokenCount()) return;
  const uint row = gl_LocalInvocationIndex % kRowLanes;
  const uint token = gl_LocalInvocationIndex / kRowLanes * kTokens;
  float sums[4][kTokens];
  for (uint i = 0u; i < 4u * kTokens; ++i) sums[i / kTokens][i % kTokens] = 0.0;
  for (uint col = 0u; col < cols; col += 32u) {
    Load(first_row, first_token, col);
    barrier();
    for (uint part = 0u; part < 2u; ++part) {
      uint w[4][4];
      vec2 w_factors[4];
      for (uint i = 0u; i < 4u; ++i) {
        w_factors[i] = factors_w[row + i * kRowLanes][part];
        for (uint k = 0u; k < 4u; ++k) {
          w[i][k] = tile_w[row + i * kRowLanes][4u * part + k];
        }
      }
      for (uint j = 0u; j < kTokens; ++j) {
        const vec2 x_factors = factors_x[token + j][part];
        uint inputs[4];
        for (uint k = 0u; k < 4u; ++k) {
          inputs[k] = tile_x[token + j][4u * part + k];
        }
        for (uint i = 0u; i < 4u; ++i) {
          int dots = 0;
          for (uint k = 0u; k < 4u; ++k) {
            dots += DotOfBytes(w[i][k], inputs[k], 0);
          }
          sums[i][j] = fma(float(dots), w_factors[i].x * x_factors.x,
                           fma(-w_factors[i].y, x_factors.y, sums[i][j]));
        }
      }
    }
    barrier();
  }
  for (uint i = 0u; i < 4u; ++i) {
    const uint y_row = first_row + row + i * kRowLanes;
    for (uint j = 0u; j < kTokens; ++j) {
      const uint y_token = first_token + token + j;
      if (y_row < rows && y_token < TokenCount()) {
        y.at[OutputRow(y_token) * y_stride + y_row] = sums[i][j];
      }
    }
  }
}
