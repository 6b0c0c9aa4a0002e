// SPDX-License-Identifier: Apache-2.0
// Which experts each token uses: so many for each, one after the other.
struct Use {
  uint expert;
  float weight;
};

layout(buffer_reference, std430, buffer_reference_align = 8) buffer Uses {
  Use at[];
};
