// SPDX-License-Identifier: Apache-2.0
#extension GL_EXT_spirv_intrinsics : require

// OpSDotKHR: the sum of the products of four signed bytes each.
spirv_instruction(extensions = ["SPV_KHR_integer_dot_product"],
                  capabilities = [6018, 6019], id = 4450)
int DotOfBytes(uint a, uint b, spirv_literal int packed);
