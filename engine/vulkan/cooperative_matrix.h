// SPDX-License-Identifier: Apache-2.0
// VK_KHR_cooperative_matrix, which is newer than Debian 12's header: what krait
// uses of it, under names of its own. Source: Vulkan's specification, section
// VK_KHR_cooperative_matrix.
#ifndef KRAIT_ENGINE_VULKAN_COOPERATIVE_MATRIX_H_
#define KRAIT_ENGINE_VULKAN_COOPERATIVE_MATRIX_H_

#include "engine/vulkan/functions.h"

namespace krait::engine::vulkan {

inline constexpr char kCooperativeMatrixExtension[] =
    "VK_KHR_cooperative_matrix";

struct CooperativeMatrixFeatures {
  VkStructureType type = static_cast<VkStructureType>(1000506000);
  void* next = nullptr;
  VkBool32 matrices = VK_FALSE;
  VkBool32 robust_access = VK_FALSE;
};

// One kind of product that a device has: a[m, k] b[k, n] + c[m, n].
struct CooperativeMatrixProperties {
  static constexpr int32_t kFloat16 = 0;
  static constexpr int32_t kFloat32 = 1;
  static constexpr int32_t kSubgroup = 3;

  VkStructureType type = static_cast<VkStructureType>(1000506001);
  void* next = nullptr;
  uint32_t m = 0;
  uint32_t n = 0;
  uint32_t k = 0;
  int32_t a_type = 0;
  int32_t b_type = 0;
  int32_t c_type = 0;
  int32_t result_type = 0;
  VkBool32 saturates = VK_FALSE;
  int32_t scope = 0;
};

// vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR
using ListCooperativeMatrices = VkResult(VKAPI_PTR*)(
    VkPhysicalDevice, uint32_t* count, CooperativeMatrixProperties*);

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_COOPERATIVE_MATRIX_H_
