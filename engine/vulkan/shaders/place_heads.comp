#version 450
// SPDX-License-Identifier: Apache-2.0
// What a projection gave, x[tokens, heads * head_dim], with its factor and its
// bias, rotated to its position (RoPE), in its place: where it is (queries), or
// in the token's page (keys, values). An invocation has two elements that are
// rotated together, or one behind rope_dim.
#include "common.glsl"
#include "pages.glsl"
layout(local_size_x = 64) in;

const uint kHasBias = 1u;
const uint kHalfSplit = 2u;  // pairs (i, i + rope_dim / 2), else (2i, 2i + 1)
const uint kToPage = 4u;

layout(push_constant) uniform Parameters {
  Floats x;
  Floats bias;    // [heads * head_dim]
  Floats angles;  // [tokens, 2 (cos, sin), rope_dim / 2]
  Rows rows;
  uint heads;
  uint head_dim;
  uint rope_dim;
  uint flags;
  uint page_offset;  // of the layer's keys or values
  float scale;
};

float Load(uint row_begin, uint i) {
  const float value = scale * x.at[row_begin + i];
  return (flags & kHasBias) == 0u ? value : value + bias.at[i];
}

void Store(uint token, uint i, float value) {
  const uint size = heads * head_dim;
  if ((flags & kToPage) == 0u) {
    x.at[token * size + i] = value;
    return;
  }
  const Row row = rows.at[token];
  PageOf(row).at[page_offset + row.position % kPageTokens * size + i] = value;
}

void main() {
  const uint pairs = rope_dim / 2u;
  const uint units = head_dim - pairs;
  if (gl_GlobalInvocationID.x >= heads * units) return;
  const uint token = gl_WorkGroupID.y;
  const uint row_begin = token * heads * head_dim;
  const uint head_begin = gl_GlobalInvocationID.x / units * head_dim;
  const uint unit = gl_GlobalInvocationID.x % units;
  if (unit >= pairs) {
    const uint i = head_begin + rope_dim + unit - pairs;
    Store(token, i, Load(row_begin, i));
    return;
  }
  const bool split = (flags & kHalfSplit) != 0u;
  const uint a = head_begin + (split ? unit : 2u * unit);
  const uint b = a + (split ? pairs : 1u);
  const float cosine = angles.at[token * rope_dim + unit];
  const float sine = angles.at[token * rope_dim + pairs + unit];
  const float x_a = Load(row_begin, a);
  const float x_b = Load(row_begin, b);
  Store(token, a, x_a * cosine - x_b * sine);
  Store(token, b, x_a * sine + x_b * cosine);
}
