// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/commands.h"

#include <cassert>

namespace krait::engine::vulkan {
namespace {

constexpr VkPipelineStageFlags kWork =
    VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
constexpr VkAccessFlags kReads =
    VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT;
constexpr VkAccessFlags kWrites =
    VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;

VkMemoryBarrier MemoryBarrier(VkAccessFlags from, VkAccessFlags to) {
  return {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
          .pNext = nullptr,
          .srcAccessMask = from,
          .dstAccessMask = to};
}

void Check(const Device& device, const char* what, VkResult result) {
  if (result != VK_SUCCESS) device.Fail(VulkanError(what, result));
}

}  // namespace

Result<std::unique_ptr<Commands>> Commands::Create(
    std::shared_ptr<Device> device) {
  std::unique_ptr<Commands> commands(new Commands(std::move(device)));
  if (Status started = commands->Start(); !started) return started.error();
  return commands;
}

Status Commands::Start() {
  const DeviceFunctions& vk = device_->functions();
  VkCommandPoolCreateInfo create{};
  create.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  create.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT;
  create.queueFamilyIndex = device_->info().queue_family;
  VkResult made =
      vk.CreateCommandPool(device_->handle(), &create, nullptr, &pool_);
  if (made != VK_SUCCESS) return VulkanError("vkCreateCommandPool", made);
  VkCommandBufferAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocate.commandPool = pool_;
  allocate.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  allocate.commandBufferCount = 1;
  made = vk.AllocateCommandBuffers(device_->handle(), &allocate, &buffer_);
  if (made != VK_SUCCESS) return VulkanError("vkAllocateCommandBuffers", made);
  return {};
}

Commands::~Commands() {
  if (pool_ == VK_NULL_HANDLE) return;
  device_->functions().DestroyCommandPool(device_->handle(), pool_, nullptr);
}

void Commands::Begin() {
  const DeviceFunctions& vk = device_->functions();
  Check(*device_, "vkResetCommandPool",
        vk.ResetCommandPool(device_->handle(), pool_, 0));
  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  Check(*device_, "vkBeginCommandBuffer",
        vk.BeginCommandBuffer(buffer_, &begin));
  bound_ = VK_NULL_HANDLE;
  Barrier();  // what ran before
}

void Commands::DispatchBytes(const Pipeline& pipeline,
                             std::span<const std::byte> parameters, Grid grid) {
  assert(pipeline.handle != VK_NULL_HANDLE);
  const DeviceFunctions& vk = device_->functions();
  if (bound_ != pipeline.handle) {
    vk.CmdBindPipeline(buffer_, VK_PIPELINE_BIND_POINT_COMPUTE,
                       pipeline.handle);
    bound_ = pipeline.handle;
  }
  vk.CmdPushConstants(buffer_, pipeline.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                      static_cast<uint32_t>(parameters.size()),
                      parameters.data());
  vk.CmdDispatch(buffer_, grid.x, grid.y, grid.z);
}

void Commands::Copy(const Slice& from, const Slice& to) {
  assert(from.bytes <= to.bytes);
  const VkBufferCopy region{
      .srcOffset = from.offset, .dstOffset = to.offset, .size = from.bytes};
  device_->functions().CmdCopyBuffer(buffer_, from.buffer, to.buffer, 1,
                                     &region);
}

void Commands::Clear(const Slice& slice) {
  device_->functions().CmdFillBuffer(buffer_, slice.buffer, slice.offset,
                                     slice.bytes, 0);
}

void Commands::Barrier() {
  const VkMemoryBarrier barrier = MemoryBarrier(kWrites, kReads | kWrites);
  device_->functions().CmdPipelineBarrier(buffer_, kWork, kWork, 0, 1, &barrier,
                                          0, nullptr, 0, nullptr);
}

void Commands::Run() {
  const DeviceFunctions& vk = device_->functions();
  const VkMemoryBarrier barrier =
      MemoryBarrier(kWrites, VK_ACCESS_HOST_READ_BIT);
  vk.CmdPipelineBarrier(buffer_, kWork, VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
                        &barrier, 0, nullptr, 0, nullptr);
  Check(*device_, "vkEndCommandBuffer", vk.EndCommandBuffer(buffer_));
  device_->Run(buffer_);
}

}  // namespace krait::engine::vulkan
