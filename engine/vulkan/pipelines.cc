// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/pipelines.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/private_files.h"
#include "engine/vulkan/shader_code.h"

namespace krait::engine::vulkan {
namespace {

constexpr std::string_view kMagic = "krait-pipelines-1\n";
constexpr size_t kHeadBytes = kMagic.size() + VK_UUID_SIZE + sizeof(uint64_t);
// More than any driver makes of krait's shaders.
constexpr size_t kMaxCacheBytes = size_t{256} << 20;

std::string HashBytes(std::string_view data) {
  const uint64_t hash = XXH3_64bits(data.data(), data.size());
  std::string bytes(sizeof(hash), '\0');
  std::memcpy(bytes.data(), &hash, sizeof(hash));
  return bytes;
}

std::string_view Bytes(std::span<const uint8_t> uuid) {
  return {reinterpret_cast<const char*>(uuid.data()), uuid.size()};
}

std::string ReadFile(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > kMaxCacheBytes) return {};
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string WrapPipelineCache(std::span<const uint8_t> uuid,
                              std::string_view data) {
  return fmt::format("{}{}{}{}", kMagic, Bytes(uuid), HashBytes(data), data);
}

std::string UnwrapPipelineCache(std::span<const uint8_t> uuid,
                                std::string_view file) {
  if (file.size() < kHeadBytes) return {};
  const std::string_view data = file.substr(kHeadBytes);
  const std::string head =
      fmt::format("{}{}{}", kMagic, Bytes(uuid), HashBytes(data));
  return file.starts_with(head) ? std::string(data) : std::string();
}

Result<std::unique_ptr<Pipelines>> Pipelines::Create(
    std::shared_ptr<Device> device, const std::filesystem::path& cache_folder) {
  std::unique_ptr<Pipelines> pipelines(new Pipelines(std::move(device)));
  if (!cache_folder.empty()) {
    std::string name = "pipelines-";
    for (const uint8_t byte : pipelines->device_->info().cache_uuid) {
      name += fmt::format("{:02x}", byte);
    }
    pipelines->cache_file_ = cache_folder / name;
  }
  if (Status started = pipelines->Start(); !started) return started.error();
  return pipelines;
}

Status Pipelines::Start() {
  const DeviceFunctions& vk = device_->functions();
  const std::string data = cache_file_.empty()
                               ? std::string()
                               : UnwrapPipelineCache(device_->info().cache_uuid,
                                                     ReadFile(cache_file_));
  VkPipelineCacheCreateInfo cache{};
  cache.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO;
  cache.initialDataSize = data.size();
  cache.pInitialData = data.data();
  VkResult made =
      vk.CreatePipelineCache(device_->handle(), &cache, nullptr, &cache_);
  if (made != VK_SUCCESS) return VulkanError("vkCreatePipelineCache", made);
  const VkPushConstantRange range{.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
                                  .offset = 0,
                                  .size = kMaxPushBytes};
  VkPipelineLayoutCreateInfo layout{};
  layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  layout.pushConstantRangeCount = 1;
  layout.pPushConstantRanges = &range;
  made = vk.CreatePipelineLayout(device_->handle(), &layout, nullptr, &layout_);
  if (made != VK_SUCCESS) return VulkanError("vkCreatePipelineLayout", made);
  return {};
}

Pipelines::~Pipelines() {
  const DeviceFunctions& vk = device_->functions();
  for (const auto& [key, pipeline] : made_) {
    vk.DestroyPipeline(device_->handle(), pipeline, nullptr);
  }
  vk.DestroyPipelineLayout(device_->handle(), layout_, nullptr);
  vk.DestroyPipelineCache(device_->handle(), cache_, nullptr);
}

Result<Pipeline> Pipelines::Get(std::string_view shader,
                                std::span<const uint32_t> constants,
                                Subgroups subgroups) {
  const std::pair key(std::string(shader),
                      std::vector(constants.begin(), constants.end()));
  auto found = made_.find(key);
  if (found == made_.end()) {
    const Result<VkPipeline> made = Make(shader, constants, subgroups);
    if (!made) return made.error();
    found = made_.emplace(key, *made).first;
  }
  return Pipeline{.handle = found->second, .layout = layout_};
}

Result<VkPipeline> Pipelines::Make(std::string_view shader,
                                   std::span<const uint32_t> constants,
                                   Subgroups subgroups) {
  const DeviceFunctions& vk = device_->functions();
  const std::span<const uint32_t> code = FindShader(shader);
  if (code.empty()) {
    return MakeError(ErrorCode::kInternal,
                     fmt::format("there is no shader '{}'", shader));
  }
  VkShaderModuleCreateInfo module_info{};
  module_info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  module_info.codeSize = code.size_bytes();
  module_info.pCode = code.data();
  VkShaderModule module = VK_NULL_HANDLE;
  VkResult made =
      vk.CreateShaderModule(device_->handle(), &module_info, nullptr, &module);
  if (made != VK_SUCCESS) return VulkanError("vkCreateShaderModule", made);
  std::vector<VkSpecializationMapEntry> entries;
  for (uint32_t i = 0; i < constants.size(); ++i) {
    entries.push_back({.constantID = i,
                       .offset = i * static_cast<uint32_t>(sizeof(uint32_t)),
                       .size = sizeof(uint32_t)});
  }
  const VkSpecializationInfo specialization{
      .mapEntryCount = static_cast<uint32_t>(entries.size()),
      .pMapEntries = entries.data(),
      .dataSize = constants.size_bytes(),
      .pData = constants.data()};
  VkComputePipelineCreateInfo create{};
  create.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  create.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  create.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  create.stage.module = module;
  create.stage.pName = "main";
  create.stage.pSpecializationInfo = &specialization;
  VkPipelineShaderStageRequiredSubgroupSizeCreateInfo size{};
  size.sType =
      VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO;
  size.requiredSubgroupSize = device_->info().subgroup_size;
  if (subgroups == Subgroups::kFull) {
    create.stage.flags =
        VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT;
    create.stage.pNext = &size;
  }
  create.layout = layout_;
  VkPipeline pipeline = VK_NULL_HANDLE;
  made = vk.CreateComputePipelines(device_->handle(), cache_, 1, &create,
                                   nullptr, &pipeline);
  vk.DestroyShaderModule(device_->handle(), module, nullptr);
  if (made == VK_SUCCESS) return pipeline;
  return VulkanError(fmt::format("shader {}", shader).c_str(), made);
}

Status Pipelines::Save() {
  if (cache_file_.empty() || saved_ == made_.size()) return {};
  const DeviceFunctions& vk = device_->functions();
  size_t bytes = 0;
  VkResult got =
      vk.GetPipelineCacheData(device_->handle(), cache_, &bytes, nullptr);
  std::string data(bytes, '\0');
  if (got == VK_SUCCESS) {
    got =
        vk.GetPipelineCacheData(device_->handle(), cache_, &bytes, data.data());
  }
  if (got != VK_SUCCESS) return VulkanError("vkGetPipelineCacheData", got);
  data.resize(bytes);
  if (Status made = base::MakePrivateDirectories(cache_file_.parent_path());
      !made) {
    return made;
  }
  Status written = base::WritePrivateFile(
      cache_file_, WrapPipelineCache(device_->info().cache_uuid, data));
  if (written) saved_ = made_.size();
  return written;
}

}  // namespace krait::engine::vulkan
