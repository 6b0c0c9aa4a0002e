// SPDX-License-Identifier: Apache-2.0
// A libvulkan.so.1 for a test: the one that $KRAIT_TEST_VULKAN names, whose
// devices are lost as soon as there is a file $KRAIT_TEST_VULKAN_LOST, and have
// no memory left as soon as there is a file $KRAIT_TEST_VULKAN_FULL.

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/engine/vulkan/failing_functions.h"

namespace {

bool IsThere(const char* variable) {
  const char* const file = std::getenv(variable);
  return file != nullptr && access(file, F_OK) == 0;
}

bool IsLost() {
  return IsThere("KRAIT_TEST_VULKAN_LOST");
}

bool IsFull() {
  return IsThere("KRAIT_TEST_VULKAN_FULL");
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
  return krait::engine::vulkan::FailingFunctions<
      IsLost, IsFull>::InstanceProcAddr(real, instance, name);
}
