// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device.h"

#include <fmt/format.h>

#include <bit>

namespace krait::engine::vulkan {
namespace {

// A call of a few tokens takes milliseconds; a processor that plays a device
// may take minutes for a long one.
constexpr uint64_t kLongestNanoseconds = 600'000'000'000;

// What the shaders need that are used, and nothing else.
struct Features {
  explicit Features(MatMulKind matmul);
  Features(const Features&) = delete;
  Features& operator=(const Features&) = delete;

  CooperativeMatrixFeatures matrices;
  VkPhysicalDeviceVulkan13Features f13{};
  VkPhysicalDeviceVulkan12Features f12{};
  VkPhysicalDeviceVulkan11Features f11{};
  VkPhysicalDeviceFeatures2 all{};  // the others hang on it
};

Features::Features(MatMulKind matmul) {
  const VkBool32 has_matrices =
      matmul == MatMulKind::kCooperative ? VK_TRUE : VK_FALSE;
  matrices.matrices = VK_TRUE;
  f13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
  f13.pNext = has_matrices != VK_FALSE ? &matrices : nullptr;
  f13.subgroupSizeControl = has_matrices;
  f13.computeFullSubgroups = has_matrices;
  f13.shaderIntegerDotProduct =
      matmul == MatMulKind::kInt8 ? VK_TRUE : VK_FALSE;
  f12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  f12.pNext = matmul != MatMulKind::kPlain ? &f13 : nullptr;
  f12.shaderFloat16 = has_matrices;
  f12.vulkanMemoryModel = has_matrices;
  f12.bufferDeviceAddress = VK_TRUE;
  f12.scalarBlockLayout = VK_TRUE;
  f12.timelineSemaphore = VK_TRUE;
  f11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
  f11.pNext = &f12;
  f11.storageBuffer16BitAccess = VK_TRUE;
  all.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  all.pNext = &f11;
  all.features.shaderInt16 = VK_TRUE;
}

}  // namespace

MatMulKind Device::BestMatMul(const DeviceInfo& info) {
  if (info.has_cooperative_matrix) return MatMulKind::kCooperative;
  return info.accelerates_int8_dot ? MatMulKind::kInt8 : MatMulKind::kPlain;
}

Result<std::shared_ptr<Device>> Device::Open(
    std::shared_ptr<const Instance> instance, DeviceInfo info,
    std::shared_ptr<DeviceFailures> failures) {
  const MatMulKind best = BestMatMul(info);
  return Open(std::move(instance), std::move(info), best, std::move(failures));
}

Result<std::shared_ptr<Device>> Device::Open(
    std::shared_ptr<const Instance> instance, DeviceInfo info,
    MatMulKind matmul, std::shared_ptr<DeviceFailures> failures) {
  if ((matmul == MatMulKind::kCooperative && !info.has_cooperative_matrix) ||
      (matmul == MatMulKind::kInt8 && !info.has_int8_dot)) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("{} does not multiply that way", info.name));
  }
  std::shared_ptr<Device> device(new Device(
      std::move(instance), std::move(info), matmul, std::move(failures)));
  if (Status started = device->Start(); !started) {
    return MakeError(
        started.error().code,
        fmt::format("{}: {}", device->info_.name, started.error().message));
  }
  return device;
}

Status Device::Create() {
  const float priority = 1;
  const VkDeviceQueueCreateInfo queue{
      .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
      .pNext = nullptr,
      .flags = 0,
      .queueFamilyIndex = info_.queue_family,
      .queueCount = 1,
      .pQueuePriorities = &priority};
  const Features features(matmul_);
  VkDeviceCreateInfo create{};
  create.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  create.pNext = &features.all;
  create.queueCreateInfoCount = 1;
  create.pQueueCreateInfos = &queue;
  const char* const extensions[] = {kCooperativeMatrixExtension};
  create.enabledExtensionCount = matmul_ == MatMulKind::kCooperative ? 1 : 0;
  create.ppEnabledExtensionNames = extensions;
  const VkResult made = instance_->functions().CreateDevice(
      info_.handle, &create, nullptr, &device_);
  if (made != VK_SUCCESS) return VulkanError("vkCreateDevice", made);
  return {};
}

Status Device::Start() {
  if (Status created = Create(); !created) return created;
  Result<DeviceFunctions> functions =
      LoadFunctions(instance_->functions(), device_);
  if (!functions) return functions.error();
  functions_ = *functions;
  functions_.GetDeviceQueue(device_, info_.queue_family, 0, &queue_);
  VkPhysicalDeviceMemoryProperties2 memory{};
  memory.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2;
  instance_->functions().GetPhysicalDeviceMemoryProperties2(info_.handle,
                                                            &memory);
  memory_ = memory.memoryProperties;
  VkSemaphoreTypeCreateInfo type{};
  type.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO;
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  VkSemaphoreCreateInfo semaphore{};
  semaphore.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
  semaphore.pNext = &type;
  const VkResult made =
      functions_.CreateSemaphore(device_, &semaphore, nullptr, &timeline_);
  if (made != VK_SUCCESS) return VulkanError("vkCreateSemaphore", made);
  return {};
}

Device::~Device() {
  if (functions_.DestroyDevice == nullptr) return;
  functions_.DeviceWaitIdle(device_);
  if (timeline_ != VK_NULL_HANDLE) {
    functions_.DestroySemaphore(device_, timeline_, nullptr);
  }
  functions_.DestroyDevice(device_, nullptr);
}

Result<uint32_t> Device::FindMemoryType(VkMemoryPropertyFlags wanted,
                                        VkMemoryPropertyFlags preferred) const {
  int best = -1;
  uint32_t found = 0;
  for (uint32_t i = 0; i < memory_.memoryTypeCount; ++i) {
    const VkMemoryPropertyFlags flags = memory_.memoryTypes[i].propertyFlags;
    if ((flags & wanted) != wanted) continue;
    const int matches = std::popcount(flags & preferred);
    if (matches <= best) continue;
    best = matches;
    found = i;
  }
  if (best < 0) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("{} has no memory of the kind that krait "
                                 "needs ({:#x})",
                                 info_.name, wanted));
  }
  return found;
}

void Device::Run(VkCommandBuffer commands) {
  uint64_t value = 0;
  {
    const std::lock_guard lock(mutex_);
    value = ++submitted_;
    VkTimelineSemaphoreSubmitInfo timeline{};
    timeline.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO;
    timeline.signalSemaphoreValueCount = 1;
    timeline.pSignalSemaphoreValues = &value;
    VkSubmitInfo submit{};
    submit.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    submit.pNext = &timeline;
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &commands;
    submit.signalSemaphoreCount = 1;
    submit.pSignalSemaphores = &timeline_;
    const VkResult done =
        functions_.QueueSubmit(queue_, 1, &submit, VK_NULL_HANDLE);
    if (done != VK_SUCCESS) Fail(VulkanError("vkQueueSubmit", done));
  }
  VkSemaphoreWaitInfo wait{};
  wait.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO;
  wait.semaphoreCount = 1;
  wait.pSemaphores = &timeline_;
  wait.pValues = &value;
  const VkResult done =
      functions_.WaitSemaphores(device_, &wait, kLongestNanoseconds);
  if (done != VK_SUCCESS) Fail(VulkanError("vkWaitSemaphores", done));
}

void Device::Fail(const Error& error) const {
  const Error named =
      MakeError(error.code, fmt::format("{}: {}", info_.name, error.message));
  if (failures_ != nullptr) failures_->Add(named.message);
  throw DeviceFailure(named);
}

void DeviceFailures::Add(const std::string& message) {
  const std::lock_guard lock(mutex_);
  if (first_.empty()) first_ = message;
}

std::string DeviceFailures::first() const {
  const std::lock_guard lock(mutex_);
  return first_;
}

void DeviceFailures::Clear() {
  const std::lock_guard lock(mutex_);
  first_.clear();
}

}  // namespace krait::engine::vulkan
