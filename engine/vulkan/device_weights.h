// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_WEIGHTS_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_WEIGHTS_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/layers/layer_reader.h"
#include "engine/vulkan/device_memory.h"
#include "engine/vulkan/kernels.h"
#include "engine/vulkan/transfers.h"
#include "simd/weights.h"

namespace krait::engine::vulkan {

// The weights of a model in a device's memory. As with WeightReader, the first
// failure is kept, and everything after it does nothing. Thread-compatible.
class DeviceWeights {
 public:
  // The kernels are made for the formats that come.
  DeviceWeights(const std::shared_ptr<Device>& device,
                std::shared_ptr<Transfers> transfers, Kernels& kernels)
      : arena_(device, MemoryKind::kDevice, size_t{256} << 20),
        transfers_(std::move(transfers)),
        kernels_(kernels) {}

  // Copies to the device.
  Matrix Upload(const simd::WeightView& w);
  Address Upload(std::span<const float> values);
  // Matrices of equal shape, which are of equal type, too, or it fails.
  ExpertMatrices UploadExperts(std::span<const simd::WeightView> experts);

  const Status& status() const { return status_; }
  void Fail(Error error) {
    if (status_) status_ = std::move(error);
  }
  // Of all matrices and vectors.
  size_t bytes() const { return bytes_; }

 private:
  Address Upload(std::span<const std::byte> data);

  MemoryArena arena_;
  std::shared_ptr<Transfers> transfers_;
  Kernels& kernels_;
  Status status_;
  size_t bytes_ = 0;
};

// Reads the tensors of one layer and puts them there: see LayerReader.
class DeviceLayerReader {
 public:
  DeviceLayerReader(LayerReader read, DeviceWeights& weights)
      : read_(std::move(read)), weights_(weights) {}

  vulkan::Matrix Matrix(std::string_view name) {
    return weights_.Upload(read_.Matrix(name));
  }
  Address Vector(std::string_view name) {
    return weights_.Upload(read_.Vector(name));
  }
  // See LayerReader.
  Address Columns(std::string_view name) {
    return weights_.Upload(read_.Columns(name));
  }
  // What is made of the model's shape.
  Address Put(std::span<const float> values) { return weights_.Upload(values); }
  // For what stays where it is mapped.
  LayerReader& mapped() { return read_; }
  // NAME.0.weight to NAME.(count - 1).weight
  ExpertMatrices Experts(std::string_view name, size_t count);

 private:
  LayerReader read_;
  DeviceWeights& weights_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_WEIGHTS_H_
