#version 450
// SPDX-License-Identifier: Apache-2.0
// y = softmax(scale q K^T) V of a head of a token (a workgroup), in one pass
// over the pages that it sees: of each page the scores of all positions at
// once, then the sums so far, scaled to the new maximum. Source: Milakov and
// Gimelshein 2018, "Online normalizer calculation for softmax".
#include "common.glsl"
#include "pages.glsl"
#include "reduce.glsl"
layout(local_size_x = 64) in;  // kPageTokens: one has a position

layout(push_constant) uniform Parameters {
  Floats q;  // [tokens, heads * head_dim]
  Floats y;  // likewise
  Rows rows;
  uint heads;
  uint kv_heads;
  uint head_dim;     // at most kMaxHeadDim
  uint page_offset;  // of the layer's keys; the values follow
  uint window;       // 0: none. w: position i sees i-w+1..i
  float scale;
};

const uint kMaxHeadDim = 256u;
const uint kSums = kMaxHeadDim / 64u;  // elements of y that an invocation has
shared float query[kMaxHeadDim];
shared float weights[kPageTokens];

float Score(Floats page, uint key_begin) {
  float sum = 0.0;
  for (uint i = 0u; i < head_dim; ++i) {
    sum = fma(query[i], page.at[key_begin + i], sum);
  }
  return sum;
}

void main() {
  const uint lane = gl_LocalInvocationID.x;
  const uint head = gl_WorkGroupID.x;
  const uint token = gl_WorkGroupID.y;
  const uint q_begin = (token * heads + head) * head_dim;
  for (uint i = lane; i < head_dim; i += 64u) {
    query[i] = scale * q.at[q_begin + i];
  }
  barrier();
  const uint row_size = kv_heads * head_dim;
  const uint column = head / (heads / kv_heads) * head_dim;
  const uint end = rows.at[token].position + 1u;
  const uint begin = window == 0u || end <= window ? 0u : end - window;
  Pages pages = Pages(rows.at[token].pages);

  float sums[kSums] = float[kSums](0.0, 0.0, 0.0, 0.0);
  float largest = -3.0e38;
  float total = 0.0;
  for (uint number = begin / kPageTokens; number * kPageTokens < end;
       ++number) {
    Floats page = Floats(pages.at[number]);
    const uint position = number * kPageTokens + lane;
    const bool seen = position >= begin && position < end;
    const float score =
        seen ? Score(page, page_offset + lane * row_size + column) : -3.0e38;
    const float before = largest;
    largest = max(largest, WorkgroupMax(score));
    const float weight = seen ? exp(score - largest) : 0.0;
    weights[lane] = weight;
    const float kept = exp(before - largest);
    total = total * kept + WorkgroupSum(weight);  // weights are there, too
    const uint values = page_offset + kPageTokens * row_size + column;
    // What was not written yet may be no number, even times zero.
    const uint first = max(begin, number * kPageTokens) % kPageTokens;
    const uint count = min(end - number * kPageTokens, kPageTokens);
    for (uint s = 0u; s < kSums; ++s) {
      const uint i = s * 64u + lane;
      if (i >= head_dim) break;
      float sum = sums[s] * kept;
      for (uint p = first; p < count; ++p) {
        sum = fma(weights[p], page.at[values + p * row_size + i], sum);
      }
      sums[s] = sum;
    }
  }
  for (uint s = 0u; s < kSums; ++s) {
    const uint i = s * 64u + lane;
    if (i < head_dim) y.at[q_begin + i] = sums[s] / total;
  }
}
