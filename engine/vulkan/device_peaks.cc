// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_peaks.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "engine/vulkan/commands.h"
#include "engine/vulkan/device_memory.h"
#include "engine/vulkan/pipelines.h"

namespace krait::engine::vulkan {
namespace {

constexpr int kTries = 4;
constexpr uint32_t kPasses = 4;  // of a try

// Much or little: a processor that plays a device does a thousandth.
struct Effort {
  size_t stream_bytes;
  uint32_t workgroups;
  uint32_t rounds;
};

Effort EffortFor(const DeviceInfo& info) {
  if (info.kind == DeviceKind::kCpu) {
    return {.stream_bytes = size_t{32} << 20, .workgroups = 16, .rounds = 256};
  }
  return {.stream_bytes = std::min(size_t{512} << 20, info.memory_bytes / 4),
          .workgroups = 8192,
          .rounds = 2048};
}

// Seconds that a run of `record` takes, the least of several.
template <class Record>
double LeastSeconds(Commands& commands, const Record& record) {
  double least = 0;
  for (int i = 0; i <= kTries; ++i) {
    commands.Begin();
    for (uint32_t pass = 0; pass < kPasses; ++pass) {
      record();
      commands.Barrier();
    }
    const auto begin = std::chrono::steady_clock::now();
    commands.Run();
    const std::chrono::duration<double> seconds =
        std::chrono::steady_clock::now() - begin;
    // The first makes memory and clocks ready.
    if (i == 1 || (i > 1 && seconds.count() < least)) least = seconds.count();
  }
  return least;
}

Result<double> BytesPerSecond(Commands& commands, Pipelines& pipelines,
                              MemoryArena& arena, const Effort& effort) {
  const Result<Pipeline> stream = pipelines.Get("stream");
  if (!stream) return stream.error();
  const Result<Slice> data = arena.Allocate(effort.stream_bytes);
  if (!data) return data.error();
  const Result<Slice> found = arena.Allocate(sizeof(float));
  if (!found) return found.error();
  commands.Begin();
  commands.Clear(*data);
  commands.Run();
  const struct {
    VkDeviceAddress data, found;
    uint32_t count, padding;
  } parameters = {data->address, found->address,
                  static_cast<uint32_t>(effort.stream_bytes / 16), 0};
  const double seconds = LeastSeconds(commands, [&] {
    commands.Dispatch(*stream, parameters, {.x = effort.workgroups});
  });
  return static_cast<double>(kPasses * effort.stream_bytes) / seconds;
}

// A shader, and how many operations a workgroup of it does in a round.
struct Peak {
  Pipeline pipeline;
  double operations = 0;
};

Result<Peak> PeakOf(const Device& device, Pipelines& pipelines) {
  constexpr double kLanes = 128;  // as in peak_*.comp
  constexpr double kSums = 16;    // likewise
  const DeviceInfo& info = device.info();
  const auto& [m, n, k] = info.cooperative;
  const uint32_t constants[] = {4 * info.subgroup_size, m, n, k};
  Result<Pipeline> pipeline = Pipeline();
  double operations = 0;
  switch (device.matmul()) {
    case MatMulKind::kPlain:
      pipeline = pipelines.Get("peak_plain");
      operations = 2 * kLanes * kSums;
      break;
    case MatMulKind::kInt8:
      pipeline = pipelines.Get("peak_int8");
      operations = 2 * 4 * kLanes * kSums;
      break;
    case MatMulKind::kCooperative:
      pipeline = pipelines.Get("peak_cooperative", constants, Subgroups::kFull);
      operations = 2.0 * m * n * k * 4 * 8;
      break;
  }
  if (!pipeline) return pipeline.error();
  return Peak{.pipeline = *pipeline, .operations = operations};
}

Result<double> OperationsPerSecond(const Device& device, Commands& commands,
                                   Pipelines& pipelines, MemoryArena& arena,
                                   const Effort& effort) {
  const Result<Peak> peak = PeakOf(device, pipelines);
  if (!peak) return peak.error();
  const Result<Slice> result = arena.Allocate(4096);
  if (!result) return result.error();
  const struct {
    VkDeviceAddress result;
    uint32_t rounds, padding;
  } parameters = {result->address, effort.rounds, 0};
  const double seconds = LeastSeconds(commands, [&] {
    commands.Dispatch(peak->pipeline, parameters, {.x = effort.workgroups});
  });
  return peak->operations * effort.rounds * effort.workgroups * kPasses /
         seconds;
}

}  // namespace

Result<DevicePeaks> MeasurePeaks(const std::shared_ptr<Device>& device) {
  try {
    const auto commands = Commands::Create(device);
    if (!commands) return commands.error();
    const auto pipelines = Pipelines::Create(device);
    if (!pipelines) return pipelines.error();
    MemoryArena arena(device, MemoryKind::kDevice, size_t{1} << 20);
    const Effort effort = EffortFor(device->info());
    const Result<double> bytes =
        BytesPerSecond(**commands, **pipelines, arena, effort);
    if (!bytes) return bytes.error();
    const Result<double> operations =
        OperationsPerSecond(*device, **commands, **pipelines, arena, effort);
    if (!operations) return operations.error();
    return DevicePeaks{.bytes_per_second = *bytes,
                       .operations_per_second = *operations};
  } catch (const DeviceFailure& failure) {
    return MakeError(ErrorCode::kUnsupported, failure.what());
  }
}

std::string_view MatMulKindName(MatMulKind kind) {
  switch (kind) {
    case MatMulKind::kPlain:
      break;
    case MatMulKind::kInt8:
      return "int8";
    case MatMulKind::kCooperative:
      return "binary16 matrices";
  }
  return "float32";
}

}  // namespace krait::engine::vulkan
