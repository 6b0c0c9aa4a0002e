// SPDX-License-Identifier: Apache-2.0
// How the largest logits are found, in two passes: top_logits.comp lists those
// of each slice of a row, top_logits_merge.comp those of all its slices. A list
// is a head, of which x is the sum of exp(logit - the largest) in bits, and
// `count` entries behind it, the largest first and of equals the lower id: x is
// the logit's key, y its id. Behind the last logit there is a kNone.
layout(buffer_reference, std430, buffer_reference_align = 8) buffer Lists {
  uvec2 at[];
};

const uint kMinusInfinity = 0xff800000u;

// Of a logit's bits: numbers in the order of the logits, zeros equal, above 0
// and below 2^32 - 1. What is no number has the largest, so that it is seen.
uint KeyOf(uint bits) {
  const uint magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return 0xfffffffeu;
  if (magnitude == 0u) return 0x80000000u;
  return bits == magnitude ? bits | 0x80000000u : ~bits;
}

uint BitsOf(uint key) {
  if (key == 0u) return kMinusInfinity;
  return key >= 0x80000000u ? key & 0x7fffffffu : ~key;
}

const uvec2 kBeforeAll = uvec2(0xffffffffu, 0u);
const uvec2 kNone = uvec2(0u, 0xffffffffu);  // behind all

bool Precedes(uvec2 a, uvec2 b) {
  return a.x != b.x ? a.x > b.x : a.y < b.y;
}

shared uvec2 firsts[kMaxSubgroups];

// The first of all invocations' entries, for each of them.
uvec2 WorkgroupFirst(uvec2 entry) {
  const uint key = subgroupMax(entry.x);
  const uint id = subgroupMin(entry.x == key ? entry.y : kNone.y);
  barrier();  // of those who still read what was first before
  if (subgroupElect()) firsts[gl_SubgroupID] = uvec2(key, id);
  barrier();
  uvec2 first = firsts[0];
  for (uint i = 1u; i < gl_NumSubgroups; ++i) {
    if (Precedes(firsts[i], first)) first = firsts[i];
  }
  return first;
}
