// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_HEAD_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_HEAD_H_

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "engine/error.h"
#include "engine/layers/top_logits.h"
#include "engine/vulkan/device_batch.h"
#include "engine/vulkan/kernels.h"
#include "engine/vulkan/top_kernel.h"

namespace krait::engine::vulkan {

// The last norm of a model on a device, its logits, and their way to the
// processor. Immutable and thread-safe.
class DeviceHead {
 public:
  struct Weights {
    Address norm = 0;  // [d_model]
    Matrix output;     // [vocab, d_model]
    float eps = 0;
    float scale = 1;  // of the logits
  };
  static Result<std::unique_ptr<const DeviceHead>> Create(
      const Weights& weights, Pipelines& pipelines);

  // Runs what was recorded, and what brings the logits of rows `first`.. of the
  // residual stream to a target each. Throws DeviceFailure.
  void Run(const DeviceBatch& batch, size_t first,
           std::span<const LogitsTarget> targets) const;

  const Matrix& output() const { return weights_.output; }

 private:
  DeviceHead(const Weights& weights, std::unique_ptr<const TopKernel> top)
      : weights_(weights), top_(std::move(top)) {}
  void RecordLogits(const DeviceBatch& batch, size_t first, size_t rows) const;
  void Fetch(const DeviceBatch& batch,
             std::span<const LogitsTarget> targets) const;
  void FetchRows(const DeviceBatch& batch, std::span<const size_t> rows,
                 std::span<const LogitsTarget> targets) const;

  Weights weights_;
  std::unique_ptr<const TopKernel> top_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_HEAD_H_
