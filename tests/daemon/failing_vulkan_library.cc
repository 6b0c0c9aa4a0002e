// SPDX-License-Identifier: Apache-2.0
// A libvulkan.so.1 for a test: the one that $KRAIT_TEST_VULKAN names, whose
// devices are lost as soon as there is a file $KRAIT_TEST_VULKAN_LOST, and have
// no memory left as soon as there is a file $KRAIT_TEST_VULKAN_FULL.

#define VK_NO_PROTOTYPES
#include <dlfcn.h>
#include <unistd.h>
#include <vulkan/vulkan_core.h>

#include <cstdlib>
#include <string_view>

namespace {

PFN_vkGetDeviceProcAddr real_device_proc = nullptr;
PFN_vkQueueSubmit real_submit = nullptr;
PFN_vkAllocateMemory real_allocate = nullptr;

bool IsThere(const char* variable) {
  const char* const file = std::getenv(variable);
  return file != nullptr && access(file, F_OK) == 0;
}

VKAPI_ATTR VkResult VKAPI_CALL Submit(VkQueue queue, uint32_t count,
                                      const VkSubmitInfo* submits,
                                      VkFence fence) {
  if (IsThere("KRAIT_TEST_VULKAN_LOST")) return VK_ERROR_DEVICE_LOST;
  return real_submit(queue, count, submits, fence);
}

VKAPI_ATTR VkResult VKAPI_CALL Allocate(VkDevice device,
                                        const VkMemoryAllocateInfo* info,
                                        const VkAllocationCallbacks* callbacks,
                                        VkDeviceMemory* memory) {
  if (IsThere("KRAIT_TEST_VULKAN_FULL")) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
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

PFN_vkGetInstanceProcAddr RealInstanceProcAddr() {
  const char* const path = std::getenv("KRAIT_TEST_VULKAN");
  void* const library =
      path == nullptr ? nullptr : dlopen(path, RTLD_NOW | RTLD_LOCAL);
  return library == nullptr ? nullptr
                            : reinterpret_cast<PFN_vkGetInstanceProcAddr>(
                                  dlsym(library, "vkGetInstanceProcAddr"));
}

}  // namespace

extern "C" __attribute__((visibility("default"))) PFN_vkVoidFunction
vkGetInstanceProcAddr(VkInstance instance, const char* name) {
  static const PFN_vkGetInstanceProcAddr real = RealInstanceProcAddr();
  if (real == nullptr) return nullptr;
  const PFN_vkVoidFunction found = real(instance, name);
  if (std::string_view(name) != "vkGetDeviceProcAddr") return found;
  real_device_proc = reinterpret_cast<PFN_vkGetDeviceProcAddr>(found);
  return reinterpret_cast<PFN_vkVoidFunction>(DeviceProcAddr);
}
