// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_INSTANCE_H_
#define KRAIT_ENGINE_VULKAN_INSTANCE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/vulkan/cooperative_matrix.h"
#include "engine/vulkan/functions.h"

namespace krait::engine::vulkan {

enum class DeviceKind : uint8_t {
  kDiscrete,
  kIntegrated,
  kVirtual,
  kCpu,
  kOther
};

// Returns "discrete", ...
std::string_view DeviceKindName(DeviceKind kind);

// What a driver says of a device.
struct DeviceInfo {
  size_t number = 0;  // in the list, from 0
  std::string name;
  DeviceKind kind = DeviceKind::kOther;
  std::string driver;       // its name and version
  std::string api;          // "1.3.230"
  size_t memory_bytes = 0;  // its own: of the largest heap
  size_t free_bytes = 0;    // of that, now; 0: the driver does not say
  uint32_t subgroup_size = 0;
  bool has_vulkan_1_3 = false;
  bool has_fp16 = false;
  bool has_int8_dot = false;
  bool accelerates_int8_dot = false;
  bool has_cooperative_matrix = false;
  // Of products of binary16 matrices, [m, k] times [k, n], with sums in
  // float32, in a shape that krait's shader has; none: m is 0.
  struct MatrixShape {
    uint32_t m = 0;
    uint32_t n = 0;
    uint32_t k = 0;
  };
  MatrixShape cooperative;
  // Why krait cannot use it; empty: it can.
  std::string refused;

  VkPhysicalDevice handle = VK_NULL_HANDLE;
  std::array<uint8_t, VK_UUID_SIZE> cache_uuid{};  // of driver and device
  uint32_t queue_family = 0;                       // that computes
  uint32_t max_push_bytes = 0;
  size_t max_allocation_bytes = 0;
  bool says_free_bytes = false;
};

// Vulkan as it is on this machine. Thread-safe.
class Instance {
 public:
  // kNotFound: there is no Vulkan; kUnsupported: it refuses. `validate` asks
  // for the validation layer, for tests: kNotFound without it.
  static Result<std::shared_ptr<const Instance>> Create(bool validate = false);
  // By these functions instead of the library's.
  static Result<std::shared_ptr<const Instance>> Create(
      const GlobalFunctions& global, bool validate = false);

  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // What is free of the device's own memory now; all of it where the driver
  // does not say.
  size_t FreeBytes(const DeviceInfo& device) const;

  // Those that there are, the usable ones first, of these discrete ones first.
  Result<std::vector<DeviceInfo>> Devices() const;
  // The device that a user means by `choice`: "auto", the first usable one that
  // is no processor; a number of the list; or a part of a name, whatever the
  // letters' case. kNotFound says which ones there are, kUnsupported why the
  // one that is meant cannot be used.
  Result<DeviceInfo> Choose(std::string_view choice) const;

  const InstanceFunctions& functions() const { return functions_; }
  // What the validation layer had against us so far.
  size_t validation_errors() const { return *validation_errors_; }

 private:
  Instance() : validation_errors_(std::make_unique<std::atomic<size_t>>(0)) {}
  Status Validate(const GlobalFunctions& global);
  DeviceInfo Describe(VkPhysicalDevice device) const;
  void DescribeProducts(DeviceInfo* info) const;

  VkInstance instance_ = VK_NULL_HANDLE;
  InstanceFunctions functions_;
  ListCooperativeMatrices list_cooperative_matrices_ = nullptr;
  // Where the layer's callback finds it.
  std::unique_ptr<std::atomic<size_t>> validation_errors_;
  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
  PFN_vkDestroyDebugUtilsMessengerEXT destroy_messenger_ = nullptr;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_INSTANCE_H_
