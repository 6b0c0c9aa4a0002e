#version 450
// SPDX-License-Identifier: Apache-2.0
// gate = out_scale * SiLU(gate_scale * gate) * up
#include "common.glsl"
layout(local_size_x = 128) in;

layout(push_constant) uniform Parameters {
  Floats gate;
  Floats up;
  uint size;
  float gate_scale;
  float out_scale;
};

void main() {
  const uint stride = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
  for (uint i = gl_GlobalInvocationID.x; i < size; i += stride) {
    const float g = gate_scale * gate.at[i];
    gate.at[i] = out_scale * (g / (1.0 + exp(-g))) * up.at[i];
  }
}
