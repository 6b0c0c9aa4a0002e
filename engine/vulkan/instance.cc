// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>

namespace krait::engine::vulkan {
namespace {

constexpr char kValidationLayer[] = "VK_LAYER_KHRONOS_validation";
constexpr uint32_t kLeastApi = VK_API_VERSION_1_2;

std::string VersionText(uint32_t version) {
  return fmt::format("{}.{}.{}", VK_API_VERSION_MAJOR(version),
                     VK_API_VERSION_MINOR(version),
                     VK_API_VERSION_PATCH(version));
}

DeviceKind KindOf(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return DeviceKind::kDiscrete;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return DeviceKind::kIntegrated;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
      return DeviceKind::kVirtual;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
      return DeviceKind::kCpu;
    default:
      return DeviceKind::kOther;
  }
}

bool HasLayer(const GlobalFunctions& global, const char* name) {
  uint32_t count = 0;
  global.EnumerateInstanceLayerProperties(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  global.EnumerateInstanceLayerProperties(&count, layers.data());
  return std::ranges::any_of(layers, [name](const VkLayerProperties& layer) {
    return std::strcmp(layer.layerName, name) == 0;
  });
}

std::vector<VkExtensionProperties> ExtensionsOf(
    const InstanceFunctions& functions, VkPhysicalDevice device) {
  uint32_t count = 0;
  functions.EnumerateDeviceExtensionProperties(device, nullptr, &count,
                                               nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  functions.EnumerateDeviceExtensionProperties(device, nullptr, &count,
                                               extensions.data());
  extensions.resize(count);
  return extensions;
}

bool Has(std::span<const VkExtensionProperties> extensions, const char* name) {
  return std::ranges::any_of(
      extensions, [name](const VkExtensionProperties& extension) {
        return std::strcmp(extension.extensionName, name) == 0;
      });
}

// The largest heap that is the device's own.
void DescribeMemory(const InstanceFunctions& functions, DeviceInfo* info) {
  const bool has_budget = info->says_free_bytes;
  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT,
      .pNext = nullptr,
      .heapBudget = {},
      .heapUsage = {}};
  VkPhysicalDeviceMemoryProperties2 memory{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2,
      .pNext = has_budget ? &budget : nullptr,
      .memoryProperties = {}};
  functions.GetPhysicalDeviceMemoryProperties2(info->handle, &memory);
  const VkPhysicalDeviceMemoryProperties& properties = memory.memoryProperties;
  for (uint32_t i = 0; i < properties.memoryHeapCount; ++i) {
    const VkMemoryHeap& heap = properties.memoryHeaps[i];
    const bool own = (heap.flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0;
    if (!own || heap.size <= info->memory_bytes) continue;
    info->memory_bytes = heap.size;
    if (has_budget) {
      info->free_bytes = budget.heapBudget[i] -
                         std::min(budget.heapBudget[i], budget.heapUsage[i]);
    }
  }
}

// The names of what krait's shaders and buffers take and `device` has not.
std::string MissingFeatures(const VkPhysicalDeviceFeatures& core,
                            const VkPhysicalDeviceVulkan11Features& v11,
                            const VkPhysicalDeviceVulkan12Features& v12) {
  std::string missing;
  const auto require = [&missing](VkBool32 has, const char* name) {
    if (has != VK_FALSE) return;
    if (!missing.empty()) missing += ", ";
    missing += name;
  };
  require(core.shaderInt16, "shaderInt16");
  require(v11.storageBuffer16BitAccess, "storageBuffer16BitAccess");
  require(v12.bufferDeviceAddress, "bufferDeviceAddress");
  require(v12.scalarBlockLayout, "scalarBlockLayout");
  require(v12.timelineSemaphore, "timelineSemaphore");
  return missing;
}

// The largest that divides what a subgroup has in matmul_cooperative.comp.
DeviceInfo::MatrixShape BestShape(
    std::span<const CooperativeMatrixProperties> shapes) {
  using Properties = CooperativeMatrixProperties;
  constexpr uint32_t kPart = 32;
  DeviceInfo::MatrixShape best;
  for (const Properties& shape : shapes) {
    const bool suits = shape.a_type == Properties::kFloat16 &&
                       shape.b_type == Properties::kFloat16 &&
                       shape.c_type == Properties::kFloat32 &&
                       shape.result_type == Properties::kFloat32 &&
                       shape.scope == Properties::kSubgroup && shape.m != 0 &&
                       shape.n != 0 && shape.k != 0 && kPart % shape.m == 0 &&
                       kPart % shape.n == 0 && kPart % shape.k == 0;
    if (suits && shape.m * shape.n * shape.k > best.m * best.n * best.k) {
      best = {.m = shape.m, .n = shape.n, .k = shape.k};
    }
  }
  return best;
}

uint32_t ComputeFamily(const InstanceFunctions& functions,
                       VkPhysicalDevice device, bool* found) {
  uint32_t count = 0;
  functions.GetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  functions.GetPhysicalDeviceQueueFamilyProperties(device, &count,
                                                   families.data());
  const auto family = std::ranges::find_if(
      families, [](const VkQueueFamilyProperties& properties) {
        return (properties.queueFlags & VK_QUEUE_COMPUTE_BIT) != 0;
      });
  *found = family != families.end();
  return static_cast<uint32_t>(family - families.begin());
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool IsMeant(const DeviceInfo& device, std::string_view choice) {
  if (choice == "auto") {
    return device.refused.empty() && device.kind != DeviceKind::kCpu;
  }
  size_t number = 0;
  const char* const end = choice.data() + choice.size();
  const auto [last, error] = std::from_chars(choice.data(), end, number);
  if (error == std::errc() && last == end) return device.number == number;
  return Lower(device.name).find(Lower(choice)) != std::string::npos;
}

VKAPI_ATTR VkBool32 VKAPI_CALL
CountError(VkDebugUtilsMessageSeverityFlagBitsEXT /*severity*/,
           VkDebugUtilsMessageTypeFlagsEXT /*types*/,
           const VkDebugUtilsMessengerCallbackDataEXT* data, void* errors) {
  ++*static_cast<std::atomic<size_t>*>(errors);
  fmt::print(stderr, "{}\n", data->pMessage);
  return VK_FALSE;
}

}  // namespace

std::string_view DeviceKindName(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::kDiscrete:
      return "discrete";
    case DeviceKind::kIntegrated:
      return "integrated";
    case DeviceKind::kVirtual:
      return "virtual";
    case DeviceKind::kCpu:
      return "cpu";
    case DeviceKind::kOther:
      break;
  }
  return "other";
}

Result<std::shared_ptr<const Instance>> Instance::Create(bool validate) {
  const Result<GlobalFunctions> global = OpenLibrary();
  if (!global) return global.error();
  return Create(*global, validate);
}

Result<std::shared_ptr<const Instance>> Instance::Create(
    const GlobalFunctions& global, bool validate) {
  if (validate && !HasLayer(global, kValidationLayer)) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("there is no {}", kValidationLayer));
  }
  const VkApplicationInfo application{
      .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
      .pNext = nullptr,
      .pApplicationName = "krait",
      .applicationVersion = 0,
      .pEngineName = "krait",
      .engineVersion = 0,
      .apiVersion = VK_API_VERSION_1_3};
  const char* const layers[] = {kValidationLayer};
  const char* const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
  const VkInstanceCreateInfo create{
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pNext = nullptr,
      .flags = 0,
      .pApplicationInfo = &application,
      .enabledLayerCount = validate ? 1U : 0U,
      .ppEnabledLayerNames = layers,
      .enabledExtensionCount = validate ? 1U : 0U,
      .ppEnabledExtensionNames = extensions};
  std::shared_ptr<Instance> instance(new Instance);
  const VkResult made =
      global.CreateInstance(&create, nullptr, &instance->instance_);
  if (made != VK_SUCCESS) return VulkanError("vkCreateInstance", made);
  Result<InstanceFunctions> functions =
      LoadFunctions(global, instance->instance_);
  if (!functions) return functions.error();
  instance->functions_ = *functions;
  instance->list_cooperative_matrices_ =
      reinterpret_cast<ListCooperativeMatrices>(global.GetInstanceProcAddr(
          instance->instance_,
          "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR"));
  if (validate) {
    if (Status said = instance->Validate(global); !said) return said.error();
  }
  return std::shared_ptr<const Instance>(std::move(instance));
}

Status Instance::Validate(const GlobalFunctions& global) {
  const auto create_messenger =
      reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
          global.GetInstanceProcAddr(instance_,
                                     "vkCreateDebugUtilsMessengerEXT"));
  destroy_messenger_ = reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(
      global.GetInstanceProcAddr(instance_, "vkDestroyDebugUtilsMessengerEXT"));
  const VkDebugUtilsMessengerCreateInfoEXT create{
      .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
      .pNext = nullptr,
      .flags = 0,
      .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
      .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
      .pfnUserCallback = CountError,
      .pUserData = validation_errors_.get()};
  const VkResult made =
      create_messenger == nullptr || destroy_messenger_ == nullptr
          ? VK_ERROR_EXTENSION_NOT_PRESENT
          : create_messenger(instance_, &create, nullptr, &messenger_);
  if (made == VK_SUCCESS) return {};
  return VulkanError("vkCreateDebugUtilsMessengerEXT", made);
}

Instance::~Instance() {
  if (messenger_ != VK_NULL_HANDLE) {
    destroy_messenger_(instance_, messenger_, nullptr);
  }
  if (functions_.DestroyInstance != nullptr) {
    functions_.DestroyInstance(instance_, nullptr);
  }
}

DeviceInfo Instance::Describe(VkPhysicalDevice device) const {
  VkPhysicalDeviceVulkan12Properties v12{};
  v12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES;
  VkPhysicalDeviceVulkan11Properties v11{};
  v11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES;
  v11.pNext = &v12;
  VkPhysicalDeviceProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  functions_.GetPhysicalDeviceProperties2(device, &properties);
  const VkPhysicalDeviceProperties core = properties.properties;
  DeviceInfo info;
  info.handle = device;
  info.name = core.deviceName;
  info.kind = KindOf(core.deviceType);
  info.api = VersionText(core.apiVersion);
  info.max_push_bytes = core.limits.maxPushConstantsSize;
  std::copy_n(core.pipelineCacheUUID, VK_UUID_SIZE, info.cache_uuid.begin());
  if (core.apiVersion < kLeastApi) {
    info.refused = fmt::format("it has Vulkan {}, krait needs 1.2", info.api);
    return info;
  }
  properties.pNext = &v11;
  functions_.GetPhysicalDeviceProperties2(device, &properties);
  info.driver = fmt::format("{} {}", v12.driverName, v12.driverInfo);
  info.subgroup_size = v11.subgroupSize;
  info.max_allocation_bytes = v11.maxMemoryAllocationSize;

  info.has_vulkan_1_3 = core.apiVersion >= VK_API_VERSION_1_3;
  VkPhysicalDeviceVulkan12Features f12{};
  f12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  VkPhysicalDeviceVulkan11Features f11{};
  f11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
  f11.pNext = &f12;
  VkPhysicalDeviceFeatures2 features{};
  features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  features.pNext = &f11;
  functions_.GetPhysicalDeviceFeatures2(device, &features);
  const auto extensions = ExtensionsOf(functions_, device);
  info.has_fp16 = f12.shaderFloat16 != VK_FALSE;
  if (info.has_vulkan_1_3) DescribeProducts(&info);
  info.says_free_bytes = Has(extensions, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
  DescribeMemory(functions_, &info);
  bool computes = false;
  info.queue_family = ComputeFamily(functions_, device, &computes);
  constexpr VkSubgroupFeatureFlags kSubgroups =
      VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_ARITHMETIC_BIT;
  const std::string missing = MissingFeatures(features.features, f11, f12);
  if (!missing.empty()) {
    info.refused = "it has not what krait needs: " + missing;
  } else if (!computes) {
    info.refused = "it does not compute";
  } else if ((v11.subgroupSupportedOperations & kSubgroups) != kSubgroups ||
             (v11.subgroupSupportedStages & VK_SHADER_STAGE_COMPUTE_BIT) == 0) {
    info.refused = "its subgroups do not add";
  }
  return info;
}

size_t Instance::FreeBytes(const DeviceInfo& device) const {
  DeviceInfo now = device;
  now.memory_bytes = 0;
  DescribeMemory(functions_, &now);
  return now.says_free_bytes ? now.free_bytes : now.memory_bytes;
}

// What matrices can be multiplied with, of a device that has Vulkan 1.3: what
// is not there is not asked for by name.
void Instance::DescribeProducts(DeviceInfo* info) const {
  VkPhysicalDeviceVulkan13Properties v13{};
  v13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_PROPERTIES;
  VkPhysicalDeviceProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  properties.pNext = &v13;
  functions_.GetPhysicalDeviceProperties2(info->handle, &properties);
  const bool has_matrices = Has(ExtensionsOf(functions_, info->handle),
                                kCooperativeMatrixExtension) &&
                            list_cooperative_matrices_ != nullptr;
  CooperativeMatrixFeatures matrices;
  VkPhysicalDeviceVulkan13Features f13{};
  f13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
  f13.pNext = has_matrices ? &matrices : nullptr;
  VkPhysicalDeviceVulkan12Features f12{};
  f12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  f12.pNext = &f13;
  VkPhysicalDeviceFeatures2 features{};
  features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  features.pNext = &f12;
  functions_.GetPhysicalDeviceFeatures2(info->handle, &features);
  info->has_int8_dot = f13.shaderIntegerDotProduct != VK_FALSE;
  info->accelerates_int8_dot =
      info->has_int8_dot &&
      v13.integerDotProduct4x8BitPackedSignedAccelerated != VK_FALSE;
  // A shader with such matrices counts on the size of its subgroups.
  const bool sizes_hold =
      f13.subgroupSizeControl != VK_FALSE &&
      f13.computeFullSubgroups != VK_FALSE &&
      info->subgroup_size >= v13.minSubgroupSize &&
      info->subgroup_size <= v13.maxSubgroupSize &&
      (v13.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;
  if (matrices.matrices == VK_FALSE || !sizes_hold || !info->has_fp16 ||
      f12.vulkanMemoryModel == VK_FALSE ||
      4 * info->subgroup_size >
          properties.properties.limits.maxComputeWorkGroupInvocations) {
    return;
  }
  uint32_t count = 0;
  list_cooperative_matrices_(info->handle, &count, nullptr);
  std::vector<CooperativeMatrixProperties> shapes(count);
  list_cooperative_matrices_(info->handle, &count, shapes.data());
  info->cooperative = BestShape(std::span(shapes).first(count));
  info->has_cooperative_matrix = info->cooperative.m != 0;
}

Result<std::vector<DeviceInfo>> Instance::Devices() const {
  uint32_t count = 0;
  VkResult listed =
      functions_.EnumeratePhysicalDevices(instance_, &count, nullptr);
  std::vector<VkPhysicalDevice> handles(count);
  if (listed == VK_SUCCESS) {
    listed =
        functions_.EnumeratePhysicalDevices(instance_, &count, handles.data());
  }
  if (listed != VK_SUCCESS && listed != VK_INCOMPLETE) {
    return VulkanError("vkEnumeratePhysicalDevices", listed);
  }
  std::vector<DeviceInfo> devices;
  for (uint32_t i = 0; i < count; ++i) devices.push_back(Describe(handles[i]));
  std::ranges::stable_sort(devices, {}, [](const DeviceInfo& device) {
    return std::pair(!device.refused.empty(), device.kind);
  });
  for (size_t i = 0; i < devices.size(); ++i) devices[i].number = i;
  return devices;
}

Result<DeviceInfo> Instance::Choose(std::string_view choice) const {
  Result<std::vector<DeviceInfo>> devices = Devices();
  if (!devices) return devices.error();
  std::string names;
  for (const DeviceInfo& device : *devices) {
    if (!IsMeant(device, choice)) {
      names += fmt::format("{}{} {}", names.empty() ? "" : ", ", device.number,
                           device.name);
      continue;
    }
    if (device.refused.empty()) return device;
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("{} cannot be used: {}", device.name, device.refused));
  }
  if (names.empty()) {
    return MakeError(ErrorCode::kNotFound, "Vulkan has no devices");
  }
  if (choice == "auto") {
    return MakeError(
        ErrorCode::kNotFound,
        "there is no graphics card, only what must be named: " + names);
  }
  return MakeError(
      ErrorCode::kNotFound,
      fmt::format("no device is '{}'; there are: {}", choice, names));
}

}  // namespace krait::engine::vulkan
