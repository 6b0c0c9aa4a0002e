// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_VULKAN_FAILING_FUNCTIONS_H_
#define KRAIT_TESTS_ENGINE_VULKAN_FAILING_FUNCTIONS_H_

#ifndef VK_NO_PROTOTYPES
#define VK_NO_PROTOTYPES
#endif
#include <vulkan/vulkan_core.h>

#include <string_view>

namespace krait::engine::vulkan {

// The functions of a Vulkan whose devices are lost when a submit asks IsLost(),
// and have no memory left when an allocation asks IsFull(). Of one Vulkan in a
// process.
template <bool (*IsLost)(), bool (*IsFull)()>
class FailingFunctions {
 public:
  // What vkGetInstanceProcAddr gives, by that of the real Vulkan.
  static PFN_vkVoidFunction InstanceProcAddr(PFN_vkGetInstanceProcAddr real,
                                             VkInstance instance,
                                             const char* name) {
    const PFN_vkVoidFunction found = real(instance, name);
    if (std::string_view(name) != "vkGetDeviceProcAddr") return found;
    real_device_proc_ = reinterpret_cast<PFN_vkGetDeviceProcAddr>(found);
    return reinterpret_cast<PFN_vkVoidFunction>(DeviceProcAddr);
  }

 private:
  static VKAPI_ATTR VkResult VKAPI_CALL Submit(VkQueue queue, uint32_t count,
                                               const VkSubmitInfo* submits,
                                               VkFence fence) {
    if (IsLost()) return VK_ERROR_DEVICE_LOST;
    return real_submit_(queue, count, submits, fence);
  }

  static VKAPI_ATTR VkResult VKAPI_CALL
  Allocate(VkDevice device, const VkMemoryAllocateInfo* info,
           const VkAllocationCallbacks* callbacks, VkDeviceMemory* memory) {
    if (IsFull()) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    return real_allocate_(device, info, callbacks, memory);
  }

  static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL
  DeviceProcAddr(VkDevice device, const char* name) {
    const PFN_vkVoidFunction real = real_device_proc_(device, name);
    const std::string_view wanted = name;
    if (wanted == "vkQueueSubmit") {
      real_submit_ = reinterpret_cast<PFN_vkQueueSubmit>(real);
      return reinterpret_cast<PFN_vkVoidFunction>(Submit);
    }
    if (wanted == "vkAllocateMemory") {
      real_allocate_ = reinterpret_cast<PFN_vkAllocateMemory>(real);
      return reinterpret_cast<PFN_vkVoidFunction>(Allocate);
    }
    return real;
  }

  static inline PFN_vkGetDeviceProcAddr real_device_proc_ = nullptr;
  static inline PFN_vkQueueSubmit real_submit_ = nullptr;
  static inline PFN_vkAllocateMemory real_allocate_ = nullptr;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_TESTS_ENGINE_VULKAN_FAILING_FUNCTIONS_H_
