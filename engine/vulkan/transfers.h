// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_TRANSFERS_H_
#define KRAIT_ENGINE_VULKAN_TRANSFERS_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>

#include "engine/error.h"
#include "engine/vulkan/commands.h"
#include "engine/vulkan/device_memory.h"

namespace krait::engine::vulkan {

// Copies between the processor's memory and the device's, through a mapped
// buffer, piece by piece; behind all that was run before. Thread-safe.
class Transfers {
 public:
  static Result<std::shared_ptr<Transfers>> Create(
      std::shared_ptr<Device> device);

  // The slices are at least as large. All throw DeviceFailure.
  void Upload(std::span<const std::byte> data, const Slice& to);
  void Download(const Slice& from, std::span<std::byte> data);
  // From the device to the device.
  void Copy(const Slice& from, const Slice& to);
  // Fills with zero bytes.
  void Clear(const Slice& slice);

 private:
  static constexpr size_t kPieceBytes = size_t{32} << 20;

  explicit Transfers(const std::shared_ptr<Device>& device)
      : upload_arena_(device, MemoryKind::kUpload, kPieceBytes),
        download_arena_(device, MemoryKind::kDownload, kPieceBytes) {}

  std::mutex mutex_;
  MemoryArena upload_arena_;
  MemoryArena download_arena_;
  Slice upload_;    // where a piece waits
  Slice download_;  // likewise
  std::unique_ptr<Commands> commands_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_TRANSFERS_H_
