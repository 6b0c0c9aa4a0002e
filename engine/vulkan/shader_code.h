// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_SHADER_CODE_H_
#define KRAIT_ENGINE_VULKAN_SHADER_CODE_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace krait::engine::vulkan {

// Returns the SPIR-V of a shader of shaders/, "attention" or, where there is
// one for each weight format, "matvec_q4_k"; empty: there is none.
std::span<const uint32_t> FindShader(std::string_view name);

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_SHADER_CODE_H_
