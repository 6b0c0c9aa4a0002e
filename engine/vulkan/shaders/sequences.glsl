// SPDX-License-Identifier: Apache-2.0
// Sequences of a batch that a recurrence goes along: the tokens of each follow
// each other.
struct Sequence {
  uint first_token;
  uint tokens;
  // After so many of them the state is on the grid, and is kept; more than
  // there are: it is not.
  uint kept_after;
  uint first_output;  // outputs are asked for from this one of them on
  uvec2 from;         // the state before: of a Floats, or none, which is zero
  uvec2 state;        // after: [layers]: a window, then a recurrence
  uvec2 kept;         // likewise
};

layout(buffer_reference, std430, buffer_reference_align = 8) readonly buffer
    Sequences {
  Sequence at[];
};

bool IsThere(uvec2 address) { return (address.x | address.y) != 0u; }
