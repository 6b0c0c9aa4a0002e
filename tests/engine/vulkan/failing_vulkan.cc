// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/vulkan/failing_vulkan.h"

#include "tests/engine/vulkan/failing_functions.h"

namespace krait::engine::vulkan {
namespace {

PFN_vkGetInstanceProcAddr real_instance_proc = nullptr;

// Whether the call that counts down is to fail.
bool Fails(std::atomic<int>* left) {
  int now = left->load();
  if (now < 0) return false;
  while (now > 0 && !left->compare_exchange_weak(now, now - 1)) {
  }
  return now == 0;
}

bool IsLost() {
  return Fails(&TheVulkanFailures().submits_until_lost);
}

bool IsFull() {
  return Fails(&TheVulkanFailures().allocations_until_full);
}

HeapBudget Says() {
  return TheVulkanFailures().budget;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL InstanceProcAddr(VkInstance instance,
                                                          const char* name) {
  return BudgetFunctions<Says>::Instead(
      name, FailingFunctions<IsLost, IsFull>::InstanceProcAddr(
                real_instance_proc, instance, name));
}

}  // namespace

VulkanFailures& TheVulkanFailures() {
  static VulkanFailures failures;
  return failures;
}

GlobalFunctions FailingVulkan(const GlobalFunctions& real) {
  real_instance_proc = real.GetInstanceProcAddr;
  GlobalFunctions functions = real;
  functions.GetInstanceProcAddr = InstanceProcAddr;
  return functions;
}

}  // namespace krait::engine::vulkan
