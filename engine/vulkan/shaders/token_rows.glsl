// SPDX-License-Identifier: Apache-2.0
// Which inputs a product of many tokens takes, and where its outputs go. With
// EXPERTS a workgroup has an expert: its tokens are those that use it, as
// group_uses.comp has listed them. Included behind the parameters.
#ifdef EXPERTS
uint UsesBegin() { return begins.at[gl_WorkGroupID.z]; }
uint TokenCount() { return begins.at[gl_WorkGroupID.z + 1u] - UsesBegin(); }
uint OutputRow(uint token) { return order.at[UsesBegin() + token]; }
uint InputRow(uint token) { return OutputRow(token) / uses_per_x; }
void ChooseMatrix() { matrix = Uints(matrices.at[gl_WorkGroupID.z]); }
#else
uint TokenCount() { return tokens; }
uint OutputRow(uint token) { return token; }
uint InputRow(uint token) { return token; }
void ChooseMatrix() {}
#endif
