// SPDX-License-Identifier: Apache-2.0
// Vulkan's functions, found at run time: krait does not link the loader, and
// starts where there is none.
#ifndef KRAIT_ENGINE_VULKAN_FUNCTIONS_H_
#define KRAIT_ENGINE_VULKAN_FUNCTIONS_H_

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include "engine/error.h"

namespace krait::engine::vulkan {

// Those that there are before an instance is, of an instance, and of a device.
// clang-format off
#define KRAIT_VULKAN_GLOBAL(X) \
  X(CreateInstance) X(EnumerateInstanceLayerProperties) \
  X(EnumerateInstanceVersion)
#define KRAIT_VULKAN_INSTANCE(X) \
  X(CreateDevice) X(DestroyInstance) X(EnumerateDeviceExtensionProperties) \
  X(EnumeratePhysicalDevices) X(GetDeviceProcAddr) \
  X(GetPhysicalDeviceFeatures2) X(GetPhysicalDeviceMemoryProperties2) \
  X(GetPhysicalDeviceProperties2) X(GetPhysicalDeviceQueueFamilyProperties)
#define KRAIT_VULKAN_DEVICE(X) \
  X(AllocateCommandBuffers) X(AllocateMemory) X(BeginCommandBuffer) \
  X(BindBufferMemory) X(CmdBindPipeline) X(CmdCopyBuffer) X(CmdDispatch) \
  X(CmdFillBuffer) X(CmdPipelineBarrier) X(CmdPushConstants) X(CreateBuffer) \
  X(CreateCommandPool) X(CreateComputePipelines) X(CreatePipelineCache) \
  X(CreatePipelineLayout) X(CreateSemaphore) X(CreateShaderModule) \
  X(DestroyBuffer) X(DestroyCommandPool) X(DestroyDevice) X(DestroyPipeline) \
  X(DestroyPipelineCache) X(DestroyPipelineLayout) X(DestroySemaphore) \
  X(DestroyShaderModule) X(DeviceWaitIdle) X(EndCommandBuffer) X(FreeMemory) \
  X(GetBufferDeviceAddress) X(GetBufferMemoryRequirements) \
  X(GetDeviceQueue) X(GetPipelineCacheData) X(MapMemory) X(QueueSubmit) \
  X(ResetCommandPool) X(WaitSemaphores)
// clang-format on

struct GlobalFunctions {
#define KRAIT_VULKAN_MEMBER(name) PFN_vk##name name = nullptr;
  KRAIT_VULKAN_GLOBAL(KRAIT_VULKAN_MEMBER)
  PFN_vkGetInstanceProcAddr GetInstanceProcAddr = nullptr;
};
struct InstanceFunctions {
  KRAIT_VULKAN_INSTANCE(KRAIT_VULKAN_MEMBER)
};
struct DeviceFunctions {
  KRAIT_VULKAN_DEVICE(KRAIT_VULKAN_MEMBER)
#undef KRAIT_VULKAN_MEMBER
};

// Opens libvulkan.so.1 as the dynamic linker finds it, once in the process,
// and leaves it open. kNotFound, with the linker's reason. Thread-safe.
Result<GlobalFunctions> OpenLibrary();
// kUnsupported: one of them is missing.
Result<InstanceFunctions> LoadFunctions(const GlobalFunctions& global,
                                        VkInstance instance);
Result<DeviceFunctions> LoadFunctions(const InstanceFunctions& of_instance,
                                      VkDevice device);

// What a function says other than success, as an error: kUnsupported where the
// driver has no room or does not want, "vkCreateDevice: out of device memory".
Error VulkanError(const char* what, VkResult result);

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_FUNCTIONS_H_
