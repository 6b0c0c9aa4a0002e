// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_PIPELINES_H_
#define KRAIT_ENGINE_VULKAN_PIPELINES_H_

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/vulkan/device.h"

namespace krait::engine::vulkan {

// What all devices have for a shader's parameters.
inline constexpr size_t kMaxPushBytes = 128;

// A shader as the device runs it. A view: Pipelines keeps it.
struct Pipeline {
  VkPipeline handle = VK_NULL_HANDLE;
  VkPipelineLayout layout = VK_NULL_HANDLE;
};

// What a shader takes for granted of its subgroups; kFull: that all are of
// DeviceInfo::subgroup_size.
enum class Subgroups : uint8_t { kAny, kFull };

// The pipelines of a device, made when they are asked for. What the driver
// compiled is kept in a file, if there is a folder for it, that only this
// driver and device read again. Shaders take addresses of buffers as
// parameters, so that there are no descriptors. Thread-compatible.
class Pipelines {
 public:
  // `cache_folder` may be empty: nothing is kept. What cannot be read of it is
  // made anew.
  static Result<std::unique_ptr<Pipelines>> Create(
      std::shared_ptr<Device> device,
      const std::filesystem::path& cache_folder = {});
  ~Pipelines();
  Pipelines(const Pipelines&) = delete;
  Pipelines& operator=(const Pipelines&) = delete;

  // The shader of that name (shader_code.h) with its constants
  // (constant_id 0, 1, ...).
  Result<Pipeline> Get(std::string_view shader,
                       std::span<const uint32_t> constants = {},
                       Subgroups subgroups = Subgroups::kAny);

  // Writes what was compiled since Create to the folder, for the user alone.
  Status Save();

  // Where Save writes; empty: nowhere.
  const std::filesystem::path& cache_file() const { return cache_file_; }

 private:
  explicit Pipelines(std::shared_ptr<Device> device)
      : device_(std::move(device)) {}
  Status Start();
  Result<VkPipeline> Make(std::string_view shader,
                          std::span<const uint32_t> constants,
                          Subgroups subgroups);

  std::shared_ptr<Device> device_;
  std::filesystem::path cache_file_;
  VkPipelineCache cache_ = VK_NULL_HANDLE;
  VkPipelineLayout layout_ = VK_NULL_HANDLE;
  std::map<std::pair<std::string, std::vector<uint32_t>>, VkPipeline> made_;
  size_t saved_ = 0;  // pipelines that the file has, at least
};

// The bytes of a cache file, and back: bound to a driver and device by
// DeviceInfo::cache_uuid and checked by a hash, as drivers take them as they
// are. Nothing: they are damaged, or of another.
std::string WrapPipelineCache(std::span<const uint8_t> uuid,
                              std::string_view data);
std::string UnwrapPipelineCache(std::span<const uint8_t> uuid,
                                std::string_view file);

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_PIPELINES_H_
