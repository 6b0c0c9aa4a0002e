#version 450
// SPDX-License-Identifier: Apache-2.0
// The inputs of a recurrence, of a token each, to the pages of a replay log or
// from them: [layers, kPageTokens, row_size] each.
#include "common.glsl"
#include "pages.glsl"
layout(local_size_x = 64) in;

layout(push_constant) uniform Parameters {
  Floats x;  // [tokens], `stride` apart: `size` each
  Rows rows;
  uint size;
  uint row_size;
  uint stride;
  uint page_offset;  // of the layer
  uint to_log;       // 0: from it
};

void main() {
  const uint i = gl_GlobalInvocationID.x;
  if (i >= size) return;
  const uint token = gl_WorkGroupID.y;
  const Row row = rows.at[token];
  Floats page = PageOf(row);
  const uint at = page_offset + row.position % kPageTokens * row_size + i;
  if (to_log != 0u) {
    page.at[at] = x.at[token * stride + i];
  } else {
    x.at[token * stride + i] = page.at[at];
  }
}
