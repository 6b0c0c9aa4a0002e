#version 450
// SPDX-License-Identifier: Apache-2.0
// y = softmax(scale q K^T) V of many tokens of one sequence, which follow each
// other. A workgroup has a head of keys and values, and kRows queries of the
// heads and tokens that meet them: a page of keys, in pieces of kPiece
// elements, is read once for all of these, then one of values. Of each page
// first all scores, then the sums so far, scaled to the new maximum; a page that
// a token does not see changes nothing of what it has, not by a bit, so that
// the others do not show in it. Source: Dao et al. 2022, "FlashAttention",
// algorithm 1.
#include "common.glsl"
#include "pages.glsl"
layout(local_size_x = 128) in;

layout(constant_id = 0) const uint kPieces = 4u;  // of head_dim, the last part

layout(push_constant) uniform Parameters {
  Floats q;  // [tokens, heads * head_dim]
  Floats y;  // likewise
  Rows rows;
  uint heads;
  uint kv_heads;
  uint head_dim;
  uint page_offset;  // of the layer's keys; the values follow
  uint window;       // 0: none. w: position i sees i-w+1..i
  float scale;
  uint tokens;
};

const uint kRows = 32u;
const uint kPiece = 32u;
const float kLowest = -3.0e38;

// One more, so that a column's elements lie in different banks.
shared float piece[kPageTokens][kPiece + 1u];  // of keys or of values
// Queries of a piece, then scores, then weights.
shared float shares[kRows * (kPageTokens + 1u)];
shared float quarters[kRows][4];
shared float factors[kRows];  // of what there is, for the new maximum

uint QueryAt(uint row, uint i) { return row * (kPiece + 1u) + i; }
uint WeightAt(uint row, uint i) { return row * (kPageTokens + 1u) + i; }

// A row is a token and one of the heads that share keys and values.
uint TokenOf(uint row) {
  const uint sharing = heads / kv_heads;
  return min((gl_WorkGroupID.x * kRows + row) / sharing, tokens - 1u);
}

uint QueryBegin(uint row) {
  const uint sharing = heads / kv_heads;
  const uint head = gl_WorkGroupID.y * sharing +
                    (gl_WorkGroupID.x * kRows + row) % sharing;
  return (TokenOf(row) * heads + head) * head_dim;
}

uint EndOf(uint row) { return rows.at[TokenOf(row)].position + 1u; }

uint BeginOf(uint row) {
  const uint end = EndOf(row);
  return window == 0u || end <= window ? 0u : end - window;
}

// What was not written yet may be no number.
void LoadPiece(Floats page, uint begin, uint first, uint count) {
  const uint row_size = kv_heads * head_dim;
  for (uint i = gl_LocalInvocationIndex; i < kPageTokens * kPiece;
       i += gl_WorkGroupSize.x) {
    const uint position = i / kPiece;
    const uint element = first + i % kPiece;
    piece[position][i % kPiece] =
        position < count && element < head_dim
            ? page.at[begin + position * row_size + element]
            : 0.0;
  }
}

void LoadQueries(uint first) {
  for (uint i = gl_LocalInvocationIndex; i < kRows * kPiece;
       i += gl_WorkGroupSize.x) {
    const uint element = first + i % kPiece;
    shares[QueryAt(i / kPiece, i % kPiece)] =
        element < head_dim ? scale * q.at[QueryBegin(i / kPiece) + element]
                           : 0.0;
  }
}

// An invocation has 4 rows and every 16th position of a page.
void Scores(Floats page, uint begin, uint count) {
  const uint row = gl_LocalInvocationIndex / 16u * 4u;
  const uint column = gl_LocalInvocationIndex % 16u;
  float scores[4][4];
  for (uint i = 0u; i < 16u; ++i) scores[i / 4u][i % 4u] = 0.0;
  for (uint p = 0u; p < kPieces; ++p) {
    barrier();
    LoadQueries(p * kPiece);
    LoadPiece(page, begin, p * kPiece, count);
    barrier();
    for (uint k = 0u; k < kPiece; ++k) {
      float keys[4];
      for (uint j = 0u; j < 4u; ++j) keys[j] = piece[column + 16u * j][k];
      for (uint i = 0u; i < 4u; ++i) {
        const float query = shares[QueryAt(row + i, k)];
        for (uint j = 0u; j < 4u; ++j) {
          scores[i][j] = fma(query, keys[j], scores[i][j]);
        }
      }
    }
  }
  barrier();
  for (uint i = 0u; i < 4u; ++i) {
    for (uint j = 0u; j < 4u; ++j) {
      shares[WeightAt(row + i, column + 16u * j)] = scores[i][j];
    }
  }
  barrier();
}

// What a row has so far, in each of the four invocations that have it.
float largest = kLowest;
float total = 0.0;

// Scores become weights; an invocation has a quarter of a page for a row.
void Weigh(uint first_position) {
  const uint row = gl_LocalInvocationIndex / 4u;
  const uint quarter = gl_LocalInvocationIndex % 4u;
  const uint begin = BeginOf(row);
  const uint end = EndOf(row);
  float highest = kLowest;
  for (uint i = 16u * quarter; i < 16u * (quarter + 1u); ++i) {
    const uint position = first_position + i;
    if (position >= begin && position < end) {
      highest = max(highest, shares[WeightAt(row, i)]);
    }
  }
  quarters[row][quarter] = highest;
  barrier();
  const float before = largest;
  for (uint i = 0u; i < 4u; ++i) largest = max(largest, quarters[row][i]);
  barrier();
  float sum = 0.0;
  for (uint i = 16u * quarter; i < 16u * (quarter + 1u); ++i) {
    const uint position = first_position + i;
    const bool seen = position >= begin && position < end;
    const float weight =
        seen ? exp(shares[WeightAt(row, i)] - largest) : 0.0;
    shares[WeightAt(row, i)] = weight;
    sum += weight;
  }
  quarters[row][quarter] = sum;
  const float factor = exp(before - largest);
  if (quarter == 0u) factors[row] = factor;
  barrier();
  sum = 0.0;
  for (uint i = 0u; i < 4u; ++i) sum += quarters[row][i];
  total = fma(total, factor, sum);
}

// Of 4 rows and every 16th element of each piece.
float sums[kPieces][8];

void AddValues(Floats page, uint begin, uint count) {
  const uint row = gl_LocalInvocationIndex / 16u * 4u;
  const uint column = gl_LocalInvocationIndex % 16u;
  for (uint p = 0u; p < kPieces; ++p) {
    barrier();
    LoadPiece(page, begin, p * kPiece, count);
    barrier();
    for (uint i = 0u; i < 8u; ++i) sums[p][i] *= factors[row + i / 2u];
    for (uint k = 0u; k < kPageTokens; ++k) {
      const float values[2] = float[2](piece[k][column], piece[k][column + 16u]);
      for (uint i = 0u; i < 8u; ++i) {
        sums[p][i] = fma(shares[WeightAt(row + i / 2u, k)], values[i % 2u],
                         sums[p][i]);
      }
    }
  }
}

void main() {
  const uint row_size = kv_heads * head_dim;
  const uint column = gl_WorkGroupID.y * head_dim;
  const uint block_end = EndOf(kRows - 1u);
  Pages pages = Pages(rows.at[0].pages);
  for (uint p = 0u; p < kPieces; ++p) {
    for (uint i = 0u; i < 8u; ++i) sums[p][i] = 0.0;
  }
  for (uint number = BeginOf(0u) / kPageTokens;
       number * kPageTokens < block_end; ++number) {
    Floats page = Floats(pages.at[number]);
    const uint count = min(block_end - number * kPageTokens, kPageTokens);
    const uint keys = page_offset + column;
    Scores(page, keys, count);
    Weigh(number * kPageTokens);
    AddValues(page, keys + kPageTokens * row_size, count);
  }
  barrier();
  if (gl_LocalInvocationIndex % 4u == 0u) {
    factors[gl_LocalInvocationIndex / 4u] = total;
  }
  barrier();
  const uint row = gl_LocalInvocationIndex / 16u * 4u;
  for (uint i = 0u; i < 8u; ++i) {
    const uint r = row + i / 2u;
    if (gl_WorkGroupID.x * kRows + r >= tokens * (heads / kv_heads)) break;
    for (uint p = 0u; p < kPieces; ++p) {
      const uint element = p * kPiece + gl_LocalInvocationIndex % 16u +
                           16u * (i % 2u);
      if (element < head_dim) {
        y.at[QueryBegin(r) + element] = sums[p][i] / factors[r];
      }
    }
  }
}
