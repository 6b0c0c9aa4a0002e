#version 450
// SPDX-License-Identifier: Apache-2.0
// The same as peak_plain.comp for cooperative matrices.
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#pragma use_vulkan_memory_model
#include "common.glsl"
layout(local_size_x_id = 0) in;  // four subgroups
layout(constant_id = 1) const uint kM = 16u;
layout(constant_id = 2) const uint kN = 16u;
layout(constant_id = 3) const uint kK = 16u;

layout(push_constant) uniform Parameters {
  Floats result;
  uint rounds;
};

shared float results[4u * kM * kN];

void main() {
  coopmat<float16_t, gl_ScopeSubgroup, kM, kK, gl_MatrixUseA> a =
      coopmat<float16_t, gl_ScopeSubgroup, kM, kK, gl_MatrixUseA>(
          float16_t(0.01 * float(gl_SubgroupID)));
  coopmat<float16_t, gl_ScopeSubgroup, kK, kN, gl_MatrixUseB> b =
      coopmat<float16_t, gl_ScopeSubgroup, kK, kN, gl_MatrixUseB>(
          float16_t(0.5));
  coopmat<float, gl_ScopeSubgroup, kM, kN, gl_MatrixUseAccumulator> sums[8];
  [[unroll]] for (uint k = 0u; k < 8u; ++k) {
    sums[k] = coopmat<float, gl_ScopeSubgroup, kM, kN, gl_MatrixUseAccumulator>(
        float(k));
  }
  for (uint i = 0u; i < rounds; ++i) {
    [[unroll]] for (uint k = 0u; k < 8u; ++k) {
      sums[k] = coopMatMulAdd(a, b, sums[k]);
    }
  }
  [[unroll]] for (uint k = 1u; k < 8u; ++k) sums[0] += sums[k];
  coopMatStore(sums[0], results, gl_SubgroupID * kM * kN, kN,
               gl_CooperativeMatrixLayoutRowMajor);
  barrier();
  if (gl_LocalInvocationIndex < kM * kN) {
    result.at[gl_LocalInvocationIndex] = results[gl_LocalInvocationIndex];
  }
}
