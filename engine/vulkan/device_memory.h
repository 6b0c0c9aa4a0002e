// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_MEMORY_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_MEMORY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/error.h"
#include "engine/vulkan/device.h"

namespace krait::engine::vulkan {

// A piece of a buffer. A view: who made it keeps it.
struct Slice {
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceSize offset = 0;      // in the buffer
  VkDeviceAddress address = 0;  // as shaders see it; a multiple of 256
  size_t bytes = 0;
  std::byte* mapped = nullptr;  // as the processor sees it, if it does

  // What begins `ofs` bytes behind its begin.
  Slice From(size_t ofs) const {
    return {.buffer = buffer,
            .offset = offset + ofs,
            .address = address + ofs,
            .bytes = bytes - ofs,
            .mapped = mapped == nullptr ? nullptr : mapped + ofs};
  }
  Slice First(size_t size) const {
    Slice first = *this;
    first.bytes = size;
    return first;
  }
};

enum class MemoryKind : uint8_t {
  kDevice,    // the device's own, not mapped
  kUpload,    // mapped; the processor writes it
  kDownload,  // mapped; the processor reads it
};

// Few large allocations, cut into slices, which live as long as the arena.
// Thread-compatible.
class MemoryArena {
 public:
  // `block_bytes`: of an allocation, where no slice takes more.
  MemoryArena(std::shared_ptr<Device> device, MemoryKind kind,
              size_t block_bytes = size_t{64} << 20)
      : device_(std::move(device)), kind_(kind), block_bytes_(block_bytes) {}
  ~MemoryArena();
  MemoryArena(const MemoryArena&) = delete;
  MemoryArena& operator=(const MemoryArena&) = delete;

  // kUnsupported: the device has no room for it, with figures. What is in the
  // slice is not defined.
  Result<Slice> Allocate(size_t bytes);

  // Of all allocations.
  size_t bytes() const { return bytes_; }
  // Whether the slice was cut from one of them.
  bool Holds(const Slice& slice) const;

 private:
  struct Block {
    VkDeviceMemory memory = VK_NULL_HANDLE;
    VkBuffer buffer = VK_NULL_HANDLE;
    VkDeviceAddress address = 0;
    std::byte* mapped = nullptr;
    size_t bytes = 0;
    size_t used = 0;
  };
  Status AddBlock(size_t bytes);
  Status Fill(Block* block) const;
  void Free(const Block& block) const;

  std::shared_ptr<Device> device_;
  MemoryKind kind_;
  size_t block_bytes_;
  size_t bytes_ = 0;
  std::vector<Block> blocks_;
};

// Slices of one size that come and go, and with them the allocations that they
// are cut from. Thread-safe; made as a shared_ptr, and lives as long as what it
// gave.
class SlicePool : public std::enable_shared_from_this<SlicePool> {
 public:
  SlicePool(std::shared_ptr<Device> device, size_t slice_bytes);

  // Goes back into the pool with its last owner. kUnsupported: the device has
  // no room for it.
  Result<std::shared_ptr<const Slice>> Take();

  const Device& device() const { return *device_; }
  size_t slice_bytes() const { return slice_bytes_; }
  // Of the slices that are taken.
  size_t taken_bytes() const { return taken_ * slice_bytes_; }

 private:
  struct Block {
    Block(const std::shared_ptr<Device>& device, size_t bytes)
        : arena(device, MemoryKind::kDevice, bytes) {}

    MemoryArena arena;
    std::vector<Slice> free;
  };
  Status AddBlock();
  void GiveBack(const Slice& slice);

  const std::shared_ptr<Device> device_;
  const size_t slice_bytes_;
  const size_t slices_per_block_;
  std::atomic<size_t> taken_ = 0;
  std::mutex mutex_;
  std::list<Block> blocks_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_MEMORY_H_
