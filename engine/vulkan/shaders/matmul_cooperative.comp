#version 450
// SPDX-License-Identifier: Apache-2.0
// y[t * y_stride + r] = (W x_t)[r] for many tokens, with cooperative matrices:
// weights and inputs in binary16, sums in float32. A workgroup has a tile of
// kTileRows rows and kTileTokens tokens, a quarter for each of its four
// subgroups. Of each step of kDepth elements the weights, dequantised, and the
// inputs, packed by pack_halves.comp, go through shared memory; those of the
// next step are loaded while these are multiplied. What a token gets does not
// depend on the others: each sum goes along the row, from its begin.
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#pragma use_vulkan_memory_model
#include "common.glsl"
#include "product_parameters.glsl"
layout(local_size_x_id = 0) in;  // four subgroups

// The device's matrices: kM x kK times kK x kN.
layout(constant_id = 1) const uint kM = 16u;
layout(constant_id = 2) const uint kN = 16u;
layout(constant_id = 3) const uint kK = 16u;
layout(constant_id = 4) const bool kExperts = false;

#define PARAMETERS  \
  Quads x;          \
  Floats unscales;  \
  ROW_PARAMETERS
#include "format.glsl"
#include "token_rows.glsl"

const uint kTileRows = 64u;
const uint kTileTokens = 64u;
const uint kDepth = 32u;
const uint kPart = 32u;  // rows and tokens of a subgroup
const uint kRowParts = kPart / kM;
const uint kTokenParts = kPart / kN;
const uint kPairs = 2u;  // groups of 16 elements of a step
const uint kItems = kTileRows * kPairs;
// A row in shared memory, in vectors of four: some more, so that rows begin in
// different banks.
const uint kStride = kDepth / 4u + 2u;

shared f16vec4 tile_w[kTileRows * kStride];
shared f16vec4 tile_x[kTileTokens * kStride];
shared float results[4u * kM * kN];

// What an invocation loads of a step: groups of 16 weights and of 16 inputs.
const uint kOwn = (kItems + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
f16vec4 next_w[kOwn][4];
uvec4 next_x[kOwn][2];

void LoadNext(uint first_row, uint first_token, uint col) {
  for (uint n = 0u; n < kOwn; ++n) {
    const uint item = n * gl_WorkGroupSize.x + gl_LocalInvocationIndex;
    const uint group = col / 16u + item % kPairs;
    // Rows and tokens behind the last: that one, for results that nobody wants.
    const uint row = min(first_row + item / kPairs, rows - 1u);
    float w[16];
    if (16u * group < cols) {
      RowGroup(RowBegin(row, cols), group, cols, w);
    } else {
      for (uint i = 0u; i < 16u; ++i) w[i] = 0.0;
    }
    for (uint i = 0u; i < 4u; ++i) {
      next_w[n][i] =
          f16vec4(w[4u * i], w[4u * i + 1u], w[4u * i + 2u], w[4u * i + 3u]);
    }
    const uint token =
        InputRow(min(first_token + item / kPairs, TokenCount() - 1u));
    for (uint i = 0u; i < 2u; ++i) {
      next_x[n][i] = x.at[(token * x_stride + 16u * group) / 8u + i];
    }
  }
}

void StoreNext() {
  for (uint n = 0u; n < kOwn; ++n) {
    const uint item = n * gl_WorkGroupSize.x + gl_LocalInvocationIndex;
    if (item >= kItems) break;
    const uint at = item / kPairs * kStride + item % kPairs * 4u;
    for (uint i = 0u; i < 4u; ++i) {
      tile_w[at + i] = next_w[n][i];
      const uvec4 words = next_x[n][i / 2u];
      const uint word = i % 2u * 2u;
      tile_x[at + i] = f16vec4(unpackFloat2x16(words[word]),
                               unpackFloat2x16(words[word + 1u]));
    }
  }
}

coopmat<float, gl_ScopeSubgroup, kM, kN, gl_MatrixUseAccumulator>
    sums[kRowParts * kTokenParts];

void MultiplyStep(uint row_begin, uint token_begin) {
  for (uint k = 0u; k < kDepth; k += kK) {
    coopmat<float16_t, gl_ScopeSubgroup, kM, kK, gl_MatrixUseA> w[kRowParts];
    [[unroll]] for (uint i = 0u; i < kRowParts; ++i) {
      coopMatLoad(w[i], tile_w, (row_begin + i * kM) * kStride + k / 4u,
                  kStride, gl_CooperativeMatrixLayoutRowMajor);
    }
    [[unroll]] for (uint j = 0u; j < kTokenParts; ++j) {
      coopmat<float16_t, gl_ScopeSubgroup, kK, kN, gl_MatrixUseB> inputs;
      coopMatLoad(inputs, tile_x, (token_begin + j * kN) * kStride + k / 4u,
                  kStride, gl_CooperativeMatrixLayoutColumnMajor);
      [[unroll]] for (uint i = 0u; i < kRowParts; ++i) {
        sums[j * kRowParts + i] =
            coopMatMulAdd(w[i], inputs, sums[j * kRowParts + i]);
      }
    }
  }
}

// A subgroup's matrix, tokens outermost, through shared memory.
void StoreResults(uint first_row, uint first_token, uint part) {
  const uint begin = gl_SubgroupID * kM * kN;
  barrier();
  coopMatStore(sums[part], results, begin, kM,
               gl_CooperativeMatrixLayoutColumnMajor);
  barrier();
  for (uint i = gl_SubgroupInvocationID; i < kM * kN; i += gl_SubgroupSize) {
    const uint row = first_row + part % kRowParts * kM + i % kM;
    const uint token = first_token + part / kRowParts * kN + i / kM;
    if (row < rows && token < TokenCount()) {
      y.at[OutputRow(token) * y_stride + row] =
          unscales.at[InputRow(token)] * results[begin + i];
    }
  }
}

void main() {
  ChooseMatrix();
  const uint first_row = gl_WorkGroupID.x * kTileRows;
  const uint first_token = gl_WorkGroupID.y * kTileTokens;
  if (first_token >= TokenCount()) return;
  const uint row_begin = gl_SubgroupID % 2u * kPart;
  const uint token_begin = gl_SubgroupID / 2u * kPart;
  [[unroll]] for (uint i = 0u; i < kRowParts * kTokenParts; ++i) {
    sums[i] = coopmat<float, gl_ScopeSubgroup, kM, kN, gl_MatrixUseAccumulator>(
        0.0);
  }
  LoadNext(first_row, first_token, 0u);
  for (uint col = 0u; col < cols; col += kDepth) {
    barrier();
    StoreNext();
    barrier();
    if (col + kDepth < cols) LoadNext(first_row, first_token, col + kDepth);
    MultiplyStep(row_begin, token_begin);
  }
  for (uint i = 0u; i < kRowParts * kTokenParts; ++i) {
    StoreResults(first_row + row_begin, first_token + token_begin, i);
  }
}
