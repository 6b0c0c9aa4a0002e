// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/vulkan/failing_vulkan.h"

#include <string_view>

namespace krait::engine::vulkan {
namespace {

PFN_vkGetInstanceProcAddr real_instance_proc = nullptr;
PFN_vkGetDeviceProcAddr real_device_proc = nullptr;
PFN_vkQueueSubmit real_submit = nullptr;
PFN_vkAllocateMemory real_allocate = nullptr;

// Whether the call that counts down is to fail.
bool Fails(std::atomic<int>* left) {
  int now = left->load();
  if (now < 0) return false;
  while (now > 0 && !left->compare_exchange_weak(now, now - 1)) {
  }
  return now == 0;
}

VKAPI_ATTR VkResult VKAPI_CALL Submit(VkQueue queue, uint32_t count,
                                      const VkSubmitInfo* submits,
                                      VkFence fence) {
  if (Fails(&TheVulkanFailures().submits_until_lost)) {
    return VK_ERROR_DEVICE_LOST;
  }
  return real_submit(queue, count, submits, fence);
}

VKAPI_ATTR VkResult VKAPI_CALL Allocate(VkDevice device,
                                        const VkMemoryAllocateInfo* info,
                                        const VkAllocationCallbacks* callbacks,
                                        VkDeviceMemory* memory) {
  if (Fails(&TheVulkanFailures().allocations_until_full)) {
    return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  }
  return real_allocate(device, info, callbacks, memory);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL DeviceProcAddr(VkDevice device,
                                                        const char* name) {
  const PFN_vkVoidFunction real = real_device_proc(device, name);
  const std::string_view wanted = name;
  if (wanted == "vkQueueSubmit") {
    real_submit = reinterpret_cast<PFN_vkQueueSubmit>(real);
    return reinterpret_cast<PFN_vkVoidFunction>(Submit);
  }
  if (wanted == "vkAllocateMemory") {
    real_allocate = reinterpret_cast<PFN_vkAllocateMemory>(real);
    return reinterpret_cast<PFN_vkVoidFunction>(Allocate);
  }
  return real;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL InstanceProcAddr(VkInstance instance,
                                                          const char* name) {
  return FailingInstanceProcAddr(real_instance_proc, instance, name);
}

}  // namespace

VulkanFailures& TheVulkanFailures() {
  static VulkanFailures failures;
  return failures;
}

PFN_vkVoidFunction FailingInstanceProcAddr(PFN_vkGetInstanceProcAddr real,
                                           VkInstance instance,
                                           const char* name) {
  const PFN_vkVoidFunction found = real(instance, name);
  if (std::string_view(name) != "vkGetDeviceProcAddr") return found;
  real_device_proc = reinterpret_cast<PFN_vkGetDeviceProcAddr>(found);
  return reinterpret_cast<PFN_vkVoidFunction>(DeviceProcAddr);
}

GlobalFunctions FailingVulkan(const GlobalFunctions& real) {
  real_instance_proc = real.GetInstanceProcAddr;
  GlobalFunctions functions = real;
  functions.GetInstanceProcAddr = InstanceProcAddr;
  return functions;
}

}  // namespace krait::engine::vulkan
