// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_VULKAN_FAILING_VULKAN_H_
#define KRAIT_TESTS_ENGINE_VULKAN_FAILING_VULKAN_H_

#include <atomic>

#include "engine/vulkan/functions.h"
#include "tests/engine/vulkan/budget_functions.h"

namespace krait::engine::vulkan {

// When a device that was opened by FailingVulkan's functions fails. Counts down
// to the call that is the first to fail; all after it fail, too. Negative:
// never. `budget` is what its driver says of memory meanwhile.
struct VulkanFailures {
  std::atomic<int> submits_until_lost = -1;
  std::atomic<int> allocations_until_full = -1;
  HeapBudget budget = {};
};
VulkanFailures& TheVulkanFailures();

// The functions of a Vulkan whose devices fail as TheVulkanFailures says, and
// do else what those of `real` do.
GlobalFunctions FailingVulkan(const GlobalFunctions& real);

}  // namespace krait::engine::vulkan

#endif  // KRAIT_TESTS_ENGINE_VULKAN_FAILING_VULKAN_H_
