// SPDX-License-Identifier: Apache-2.0
// What all shaders share: arrays by their addresses in the device's memory.
// Offsets are in elements and below 2^31 (of a matrix, in weights.glsl: in
// halves).
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_arithmetic : require

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Floats {
  float at[];
};
layout(buffer_reference, std430, buffer_reference_align = 4) readonly buffer
    Uints {
  uint at[];
};

// The largest subgroups are of 128, the smallest of 4.
const uint kMaxSubgroups = 64;
