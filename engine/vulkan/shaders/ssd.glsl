// SPDX-License-Identifier: Apache-2.0
// What the shaders of Mamba-2's recurrence in chunks (ssd_*.comp) share. A
// sequence is cut into chunks of kChunk tokens from its first, the last of
// which may be short; in matrix form, with cum_t = sum_{i<=t} dt_i A within a
// chunk and S the state before it,
//   y_t = exp(cum_t) C_t S + sum_{s<=t} (C_t . B_s) exp(cum_t - cum_s) dt_s x_s
//         + D x_t
//   S  <- exp(cum_last) S + sum_s exp(cum_last - cum_s) dt_s B_s (outer) x_s
// ssd_steps has dt and cum of all chunks; ssd_gram the products C_t . B_s,
// which the heads of a group share; ssd_states what each chunk adds; ssd_pass
// goes from chunk to chunk; ssd_output adds up. All but ssd_pass run for all
// chunks at once. Source: Dao and Gu 2024, "Transformers are SSMs", section 6.
// A token's output is the same however many follow it, bit for bit.
#include "common.glsl"
#include "sequences.glsl"

const uint kChunk = 64u;  // tokens: ChunkedScan::kChunk

layout(push_constant) uniform Parameters {
  Floats x;        // [tokens], x_stride apart: x [heads, head_dim], then B and
                   // C [groups, state] each, behind the convolution
  Floats dt;       // [tokens], dt_stride apart: [heads], before bias, softplus
  Floats y;        // [tokens, heads, head_dim]
  Floats dt_bias;  // [heads]
  Floats a;        // [heads], negative
  Floats d;        // [heads]
  Floats steps;    // [slots, heads, 3 (dt, cum's high and low part), kChunk]
  Floats gram;     // [slots, groups, kChunk (t), kChunk (s)]
  Floats states;   // [slots, heads, state, head_dim]
  Sequences sequences;
  uint heads;
  uint groups;
  uint head_dim;
  uint state;
  uint x_stride;
  uint dt_stride;
  uint ssm_offset;  // in a state: [heads, state, head_dim]
};

// A chunk of a sequence, as y and z of the workgroup say.
struct Chunk {
  uint slot;   // where scratch has it
  uint token;  // its first
  uint count;  // of its tokens; 0: there is none
};

Chunk ChunkOf(Sequence sequence, uint number) {
  const uint begin = number * kChunk;
  // Sequences behind each other, each with a chunk cut short, take no slot
  // twice.
  return Chunk(sequence.first_token / kChunk + gl_WorkGroupID.z + number,
               sequence.first_token + begin,
               begin < sequence.tokens ? min(kChunk, sequence.tokens - begin)
                                       : 0u);
}

uint StepsBegin(uint slot, uint head) {
  return (slot * heads + head) * 3u * kChunk;
}
uint GramBegin(uint slot, uint group) {
  return (slot * groups + group) * kChunk * kChunk;
}
uint StateBegin(uint slot, uint head) {
  return (slot * heads + head) * state * head_dim;
}
// Of a head's B; C is groups * state behind.
uint SelectionBegin(uint group) { return heads * head_dim + group * state; }
uint GroupOf(uint head) { return head / (heads / groups); }
