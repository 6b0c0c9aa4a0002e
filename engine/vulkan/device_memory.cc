// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace krait::engine::vulkan {
namespace {

// What all devices align storage to at most; so shaders may assume it.
constexpr size_t kAlignment = 256;
// Of a pool's allocations, where no slice takes more.
constexpr size_t kBlockBytes = size_t{16} << 20;

size_t Aligned(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// What the memory must be, and what it should be.
struct Wish {
  VkMemoryPropertyFlags wanted;
  VkMemoryPropertyFlags preferred;
};

Wish WishFor(MemoryKind kind) {
  constexpr VkMemoryPropertyFlags kMapped =
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
      VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  switch (kind) {
    case MemoryKind::kUpload:
      return {kMapped, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT};
    case MemoryKind::kDownload:
      return {kMapped, VK_MEMORY_PROPERTY_HOST_CACHED_BIT};
    case MemoryKind::kDevice:
      break;
  }
  return {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0};
}

}  // namespace

MemoryArena::~MemoryArena() {
  for (const Block& block : blocks_) Free(block);
}

void MemoryArena::Free(const Block& block) const {
  const DeviceFunctions& vk = device_->functions();
  vk.DestroyBuffer(device_->handle(), block.buffer, nullptr);
  vk.FreeMemory(device_->handle(), block.memory, nullptr);
}

Result<Slice> MemoryArena::Allocate(size_t bytes) {
  bytes = Aligned(std::max<size_t>(bytes, 1));
  const auto has_room = [bytes](const Block& block) {
    return block.bytes - block.used >= bytes;
  };
  auto found = std::ranges::find_if(blocks_, has_room);
  if (found == blocks_.end()) {
    if (Status added = AddBlock(std::max(bytes, block_bytes_)); !added) {
      return MakeError(
          ErrorCode::kUnsupported,
          fmt::format("{} has no room for {:.1f} MB besides the {:.1f} MB that "
                      "krait has of its memory: {}",
                      device_->info().name, static_cast<double>(bytes) / 1e6,
                      static_cast<double>(bytes_) / 1e6,
                      added.error().message));
    }
    found = blocks_.end() - 1;
  }
  Block& block = *found;
  const Slice whole{.buffer = block.buffer,
                    .offset = 0,
                    .address = block.address,
                    .bytes = block.bytes,
                    .mapped = block.mapped};
  const Slice slice = whole.From(block.used).First(bytes);
  block.used += bytes;
  return slice;
}

bool MemoryArena::Holds(const Slice& slice) const {
  return std::ranges::any_of(blocks_, [&](const Block& block) {
    return block.buffer == slice.buffer;
  });
}

Status MemoryArena::AddBlock(size_t bytes) {
  const size_t most = device_->info().max_allocation_bytes;
  if (bytes > most) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("an allocation is of {:.1f} MB at most",
                                 static_cast<double>(most) / 1e6));
  }
  Block block;
  block.bytes = bytes;
  if (Status filled = Fill(&block); !filled) {
    Free(block);
    return filled;
  }
  blocks_.push_back(block);
  bytes_ += bytes;
  return {};
}

Status MemoryArena::Fill(Block* block) const {
  const DeviceFunctions& vk = device_->functions();
  VkBufferCreateInfo create{};
  create.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  create.size = block->bytes;
  create.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
                 VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                 VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                 VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
  VkResult made =
      vk.CreateBuffer(device_->handle(), &create, nullptr, &block->buffer);
  if (made != VK_SUCCESS) return VulkanError("vkCreateBuffer", made);
  VkMemoryRequirements needs{};
  vk.GetBufferMemoryRequirements(device_->handle(), block->buffer, &needs);
  const Wish wish = WishFor(kind_);
  const Result<uint32_t> type =
      device_->FindMemoryType(wish.wanted, wish.preferred);
  if (!type) return type.error();
  if ((needs.memoryTypeBits >> *type & 1U) == 0) {
    return MakeError(ErrorCode::kUnsupported,
                     "buffers are not of the memory that krait needs");
  }
  VkMemoryAllocateFlagsInfo flags{};
  flags.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO;
  flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
  VkMemoryAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  allocate.pNext = &flags;
  allocate.allocationSize = needs.size;
  allocate.memoryTypeIndex = *type;
  made =
      vk.AllocateMemory(device_->handle(), &allocate, nullptr, &block->memory);
  if (made != VK_SUCCESS) return VulkanError("vkAllocateMemory", made);
  made =
      vk.BindBufferMemory(device_->handle(), block->buffer, block->memory, 0);
  if (made != VK_SUCCESS) return VulkanError("vkBindBufferMemory", made);
  VkBufferDeviceAddressInfo address{};
  address.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO;
  address.buffer = block->buffer;
  block->address = vk.GetBufferDeviceAddress(device_->handle(), &address);
  if (kind_ == MemoryKind::kDevice) return {};
  void* mapped = nullptr;
  made = vk.MapMemory(device_->handle(), block->memory, 0, VK_WHOLE_SIZE, 0,
                      &mapped);
  if (made != VK_SUCCESS) return VulkanError("vkMapMemory", made);
  block->mapped = static_cast<std::byte*>(mapped);
  return {};
}

SlicePool::SlicePool(std::shared_ptr<Device> device, size_t slice_bytes)
    : device_(std::move(device)),
      slice_bytes_(Aligned(slice_bytes)),
      slices_per_block_(std::max<size_t>(kBlockBytes / slice_bytes_, 1)) {}

Result<std::shared_ptr<const Slice>> SlicePool::Take() {
  const std::lock_guard lock(mutex_);
  const auto has_free = [](const Block& block) { return !block.free.empty(); };
  auto block = std::ranges::find_if(blocks_, has_free);
  if (block == blocks_.end()) {
    if (Status added = AddBlock(); !added) return added.error();
    block = std::prev(blocks_.end());
  }
  const auto give_back = [pool = shared_from_this()](const Slice* slice) {
    const std::unique_ptr<const Slice> owned(slice);
    pool->GiveBack(*owned);
  };
  std::shared_ptr<const Slice> taken(new Slice(block->free.back()), give_back);
  block->free.pop_back();
  ++taken_;
  return taken;
}

Status SlicePool::AddBlock() {
  const size_t bytes = slices_per_block_ * slice_bytes_;
  std::list<Block> added;
  Block& block = added.emplace_back(device_, bytes);
  const Result<Slice> whole = block.arena.Allocate(bytes);
  if (!whole) return whole.error();
  for (size_t i = 0; i < slices_per_block_; ++i) {
    block.free.push_back(whole->From(i * slice_bytes_).First(slice_bytes_));
  }
  blocks_.splice(blocks_.end(), added);
  return {};
}

// Allocations of which nothing is taken go back to the device, but for one.
void SlicePool::GiveBack(const Slice& slice) {
  const std::lock_guard lock(mutex_);
  --taken_;
  const auto block = std::ranges::find_if(
      blocks_, [&](const Block& each) { return each.arena.Holds(slice); });
  block->free.push_back(slice);
  if (block->free.size() < slices_per_block_) return;
  const bool is_spare = std::ranges::none_of(blocks_, [&](const Block& each) {
    return &each != &*block && !each.free.empty();
  });
  if (!is_spare) blocks_.erase(block);
}

}  // namespace krait::engine::vulkan
