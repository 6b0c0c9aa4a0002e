// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/shader_code.h"

#include <algorithm>

namespace krait::engine::vulkan {
namespace {

struct Shader {
  std::string_view name;
  std::span<const uint32_t> code;
};

#include <shader_table.inc>  // arrays, and kShaders

}  // namespace

std::span<const uint32_t> FindShader(std::string_view name) {
  const auto* const shader = std::ranges::find(kShaders, name, &Shader::name);
  return shader == std::end(kShaders) ? std::span<const uint32_t>()
                                      : shader->code;
}

}  // namespace krait::engine::vulkan
