// SPDX-License-Identifier: Apache-2.0
// Which matrix and inputs a product of many tokens takes, and where its outputs
// go: the matrix's own and those of `tokens`, or, if kExperts is set, those of
// an expert (the workgroup's) and of the tokens that use it, as group_uses.comp
// has listed them.
uint UsesBegin() { return begins.at[gl_WorkGroupID.z]; }

uint TokenCount() {
  return kExperts ? begins.at[gl_WorkGroupID.z + 1u] - UsesBegin() : tokens;
}

uint OutputRow(uint token) {
  return kExperts ? order.at[UsesBegin() + token] : token;
}

uint InputRow(uint token) {
  return kExperts ? OutputRow(token) / uses_per_x : token;
}

void ChooseMatrix() {
  matrix = Uints(kExperts ? matrices.at[gl_WorkGroupID.z] : uvec2(matrices));
}
