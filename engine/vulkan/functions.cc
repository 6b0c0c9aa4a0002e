// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/functions.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <string>

namespace krait::engine::vulkan {
namespace {

Error Missing(const char* name) {
  return MakeError(ErrorCode::kUnsupported,
                   fmt::format("Vulkan has no function vk{}", name));
}

Result<GlobalFunctions> OpenLibraryOnce() {
  void* library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    return MakeError(
        ErrorCode::kNotFound,
        fmt::format(
            "Vulkan is not installed: {}",
            reason == nullptr ? "libvulkan.so.1 cannot be opened" : reason));
  }
  GlobalFunctions functions;
  functions.GetInstanceProcAddr = reinterpret_cast<PFN_vkGetInstanceProcAddr>(
      dlsym(library, "vkGetInstanceProcAddr"));
  if (functions.GetInstanceProcAddr == nullptr) {
    return Missing("GetInstanceProcAddr");
  }
#define KRAIT_VULKAN_LOAD(name)                                   \
  functions.name = reinterpret_cast<PFN_vk##name>(                \
      functions.GetInstanceProcAddr(VK_NULL_HANDLE, "vk" #name)); \
  if (functions.name == nullptr) return Missing(#name);
  KRAIT_VULKAN_GLOBAL(KRAIT_VULKAN_LOAD)
#undef KRAIT_VULKAN_LOAD
  return functions;
}

}  // namespace

Result<GlobalFunctions> OpenLibrary() {
  static const Result<GlobalFunctions> functions = OpenLibraryOnce();
  return functions;
}

Result<InstanceFunctions> LoadFunctions(const GlobalFunctions& global,
                                        VkInstance instance) {
  InstanceFunctions functions;
#define KRAIT_VULKAN_LOAD(name)                          \
  functions.name = reinterpret_cast<PFN_vk##name>(       \
      global.GetInstanceProcAddr(instance, "vk" #name)); \
  if (functions.name == nullptr) return Missing(#name);
  KRAIT_VULKAN_INSTANCE(KRAIT_VULKAN_LOAD)
#undef KRAIT_VULKAN_LOAD
  return functions;
}

Result<DeviceFunctions> LoadFunctions(const InstanceFunctions& of_instance,
                                      VkDevice device) {
  DeviceFunctions functions;
#define KRAIT_VULKAN_LOAD(name)                           \
  functions.name = reinterpret_cast<PFN_vk##name>(        \
      of_instance.GetDeviceProcAddr(device, "vk" #name)); \
  if (functions.name == nullptr) return Missing(#name);
  KRAIT_VULKAN_DEVICE(KRAIT_VULKAN_LOAD)
#undef KRAIT_VULKAN_LOAD
  return functions;
}

Error VulkanError(const char* what, VkResult result) {
  const auto text = [result]() -> std::string {
    switch (result) {
      case VK_ERROR_OUT_OF_HOST_MEMORY:
        return "out of host memory";
      case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        return "out of device memory";
      case VK_ERROR_INITIALIZATION_FAILED:
        return "initialisation failed";
      case VK_ERROR_DEVICE_LOST:
        return "the device was lost";
      case VK_ERROR_LAYER_NOT_PRESENT:
        return "a layer is not there";
      case VK_ERROR_EXTENSION_NOT_PRESENT:
        return "an extension is not there";
      case VK_ERROR_FEATURE_NOT_PRESENT:
        return "a feature is not there";
      case VK_ERROR_INCOMPATIBLE_DRIVER:
        return "there is no driver for it";
      case VK_TIMEOUT:
        return "no answer in time";
      default:
        return fmt::format("error {}", static_cast<int>(result));
    }
  };
  return MakeError(ErrorCode::kUnsupported,
                   fmt::format("{}: {}", what, text()));
}

}  // namespace krait::engine::vulkan
