// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_COMMANDS_H_
#define KRAIT_ENGINE_VULKAN_COMMANDS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

#include "engine/error.h"
#include "engine/vulkan/device.h"
#include "engine/vulkan/device_memory.h"
#include "engine/vulkan/pipelines.h"

namespace krait::engine::vulkan {

// Workgroups of a dispatch.
struct Grid {
  uint32_t x = 1;
  uint32_t y = 1;
  uint32_t z = 1;
};

// What a device is to do in one go: recorded, then run as a whole. What is
// recorded between two barriers may run at the same time. Thread-compatible.
class Commands {
 public:
  static Result<std::unique_ptr<Commands>> Create(
      std::shared_ptr<Device> device);
  ~Commands();
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;

  // Functions that record throw DeviceFailure only where it is said.

  // Throws. What was recorded and not run is dropped.
  void Begin();

  // Runs a shader with its parameters, a struct laid out as the shader's block.
  template <class Parameters>
  void Dispatch(const Pipeline& pipeline, const Parameters& parameters,
                Grid grid) {
    static_assert(std::is_trivially_copyable_v<Parameters>);
    static_assert(sizeof(Parameters) <= kMaxPushBytes);
    DispatchBytes(pipeline, std::as_bytes(std::span(&parameters, 1)), grid);
  }

  // Copies what `from` holds to the begin of `to`.
  void Copy(const Slice& from, const Slice& to);
  // Fills with zero bytes.
  void Clear(const Slice& slice);

  // What comes after sees what was written before.
  void Barrier();

  // Runs what was recorded and waits for it; the processor sees what it wrote.
  // Throws.
  void Run();

 private:
  explicit Commands(std::shared_ptr<Device> device)
      : device_(std::move(device)) {}
  Status Start();
  void DispatchBytes(const Pipeline& pipeline,
                     std::span<const std::byte> parameters, Grid grid);

  std::shared_ptr<Device> device_;
  VkCommandPool pool_ = VK_NULL_HANDLE;
  VkCommandBuffer buffer_ = VK_NULL_HANDLE;
  VkPipeline bound_ = VK_NULL_HANDLE;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_COMMANDS_H_
