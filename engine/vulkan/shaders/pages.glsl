// SPDX-License-Identifier: Apache-2.0
// Keys and values lie in pages of kPageTokens positions, each
// [layers, 2 (keys, values), kPageTokens, kv_heads * head_dim].
const uint kPageTokens = 64u;

layout(buffer_reference, std430, buffer_reference_align = 8) readonly buffer
    Pages {
  uvec2 at[];  // of a Floats each
};

// A token of the batch: its sequence's pages, and where it stands.
struct Row {
  uvec2 pages;  // of a Pages
  uint position;
  uint unused;
};

layout(buffer_reference, std430, buffer_reference_align = 8) readonly buffer
    Rows {
  Row at[];
};

// Where a token stands.
Floats PageOf(Row row) {
  return Floats(Pages(row.pages).at[row.position / kPageTokens]);
}
