// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <string>

#include "engine/error.h"
#include "engine/vulkan/functions.h"
#include "engine/vulkan/instance.h"

namespace krait::engine::vulkan {

// What a device does not do any more, in the middle of a call: it is lost, or
// out of memory. It is a std::bad_alloc, so that who recovers from that (the
// daemon loads the model anew, then on the processor) recovers from it.
class DeviceFailure : public std::bad_alloc {
 public:
  explicit DeviceFailure(Error error)
      : message_(
            std::make_shared<const std::string>(std::move(error.message))) {}
  const char* what() const noexcept override { return message_->c_str(); }

 private:
  std::shared_ptr<const std::string> message_;
};

// What devices have failed with, for who would use them again. Thread-safe.
class DeviceFailures {
 public:
  void Add(const std::string& message);
  // Empty: none since the last Clear.
  std::string first() const;
  void Clear();

 private:
  mutable std::mutex mutex_;
  std::string first_;
};

// What products of many tokens are computed with: float32, quantised weights
// and inputs of 8 bits, or matrices that a subgroup multiplies in binary16.
enum class MatMulKind : uint8_t { kPlain, kInt8, kCooperative };

// A device in use, with the queue on which everything runs. Thread-safe.
class Device {
 public:
  // `failures` hears of what it fails with; may be null.
  static Result<std::shared_ptr<Device>> Open(
      std::shared_ptr<const Instance> instance, DeviceInfo info,
      std::shared_ptr<DeviceFailures> failures = nullptr);
  // With another kind of products than the best: for tests. kUnsupported: the
  // device does not have it.
  static Result<std::shared_ptr<Device>> Open(
      std::shared_ptr<const Instance> instance, DeviceInfo info,
      MatMulKind matmul, std::shared_ptr<DeviceFailures> failures = nullptr);
  // What is fast on such a device.
  static MatMulKind BestMatMul(const DeviceInfo& info);

  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const DeviceInfo& info() const { return info_; }
  MatMulKind matmul() const { return matmul_; }
  const DeviceFunctions& functions() const { return functions_; }
  VkDevice handle() const { return device_; }

  // The type of memory that has all `wanted` and of these the most of
  // `preferred`; nothing if none has.
  Result<uint32_t> FindMemoryType(VkMemoryPropertyFlags wanted,
                                  VkMemoryPropertyFlags preferred) const;

  // See Instance.
  size_t FreeBytes() const { return instance_->FreeBytes(info_); }

  // Runs a recorded command buffer behind all that were submitted before, and
  // waits for its end. Throws DeviceFailure.
  void Run(VkCommandBuffer commands);

  // It does not do what it must. Throws DeviceFailure.
  [[noreturn]] void Fail(const Error& error) const;

 private:
  Device(std::shared_ptr<const Instance> instance, DeviceInfo info,
         MatMulKind matmul, std::shared_ptr<DeviceFailures> failures)
      : instance_(std::move(instance)),
        info_(std::move(info)),
        matmul_(matmul),
        failures_(std::move(failures)) {}
  Status Start();
  Status Create();  // the handle

  std::shared_ptr<const Instance> instance_;
  const DeviceInfo info_;
  const MatMulKind matmul_;
  const std::shared_ptr<DeviceFailures> failures_;
  VkDevice device_ = VK_NULL_HANDLE;
  DeviceFunctions functions_;
  VkPhysicalDeviceMemoryProperties memory_{};
  std::mutex mutex_;  // of the queue and what it has been given
  VkQueue queue_ = VK_NULL_HANDLE;
  VkSemaphore timeline_ = VK_NULL_HANDLE;
  uint64_t submitted_ = 0;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_H_
