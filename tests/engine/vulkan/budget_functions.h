// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_VULKAN_BUDGET_FUNCTIONS_H_
#define KRAIT_TESTS_ENGINE_VULKAN_BUDGET_FUNCTIONS_H_

#ifndef VK_NO_PROTOTYPES
#define VK_NO_PROTOTYPES
#endif
#include <vulkan/vulkan_core.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

namespace krait::engine::vulkan {

// What a driver with VK_EXT_memory_budget says of its heaps.
struct HeapBudget {
  bool is_said = false;  // else the driver does not have the extension
  VkDeviceSize bytes = 0;
  VkDeviceSize used_bytes = 0;
};

// The functions of a Vulkan whose devices have budgets, all heaps that which
// Says() gives. Of one Vulkan in a process.
template <HeapBudget (*Says)()>
class BudgetFunctions {
 public:
  // What vkGetInstanceProcAddr gives in place of `real`, what it would.
  static PFN_vkVoidFunction Instead(const char* name, PFN_vkVoidFunction real) {
    const std::string_view wanted = name;
    if (wanted == "vkEnumerateDeviceExtensionProperties") {
      real_extensions_ =
          reinterpret_cast<PFN_vkEnumerateDeviceExtensionProperties>(real);
      return reinterpret_cast<PFN_vkVoidFunction>(Extensions);
    }
    if (wanted == "vkGetPhysicalDeviceMemoryProperties2") {
      real_memory_ =
          reinterpret_cast<PFN_vkGetPhysicalDeviceMemoryProperties2>(real);
      return reinterpret_cast<PFN_vkVoidFunction>(Memory);
    }
    return real;
  }

 private:
  static VKAPI_ATTR VkResult VKAPI_CALL
  Extensions(VkPhysicalDevice device, const char* layer, uint32_t* count,
             VkExtensionProperties* properties) {
    if (!Says().is_said || layer != nullptr) {
      return real_extensions_(device, layer, count, properties);
    }
    uint32_t real_count = 0;
    VkResult listed = real_extensions_(device, layer, &real_count, nullptr);
    std::vector<VkExtensionProperties> all(real_count);
    if (listed == VK_SUCCESS) {
      listed = real_extensions_(device, layer, &real_count, all.data());
    }
    if (listed != VK_SUCCESS) return listed;
    VkExtensionProperties& budget = all.emplace_back();
    std::strcpy(budget.extensionName, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    if (properties != nullptr) {
      *count = std::min(*count, static_cast<uint32_t>(all.size()));
      std::copy_n(all.begin(), *count, properties);
      return *count < all.size() ? VK_INCOMPLETE : VK_SUCCESS;
    }
    *count = static_cast<uint32_t>(all.size());
    return VK_SUCCESS;
  }

  // As a driver does: only who asks for budgets gets them.
  static VKAPI_ATTR void VKAPI_CALL
  Memory(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties2* memory) {
    real_memory_(device, memory);
    const HeapBudget budget = Says();
    if (!budget.is_said) return;
    for (auto* next = static_cast<VkBaseOutStructure*>(memory->pNext);
         next != nullptr; next = next->pNext) {
      if (next->sType !=
          VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT) {
        continue;
      }
      auto* asked =
          reinterpret_cast<VkPhysicalDeviceMemoryBudgetPropertiesEXT*>(next);
      const uint32_t heaps = memory->memoryProperties.memoryHeapCount;
      std::fill_n(asked->heapBudget, heaps, budget.bytes);
      std::fill_n(asked->heapUsage, heaps, budget.used_bytes);
    }
  }

  static inline PFN_vkEnumerateDeviceExtensionProperties real_extensions_ =
      nullptr;
  static inline PFN_vkGetPhysicalDeviceMemoryProperties2 real_memory_ = nullptr;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_TESTS_ENGINE_VULKAN_BUDGET_FUNCTIONS_H_
