// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_KV_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_KV_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/state/kv_pages.h"
#include "engine/vulkan/device_memory.h"
#include "engine/vulkan/kernels.h"
#include "engine/vulkan/transfers.h"

namespace krait::engine::vulkan {

// What the pages of all sequences of a model share. Thread-safe.
struct DeviceKvMemory {
  DeviceKvMemory(const AttentionShape& shape, size_t num_layers,
                 const std::shared_ptr<Device>& device,
                 std::shared_ptr<Transfers> its_transfers);

  // Floats of one layer's keys and values of a page.
  size_t layer_floats() const { return 2 * kBlockTokens * row_size; }
  size_t page_bytes() const { return layers * layer_floats() * sizeof(float); }

  size_t layers;
  size_t row_size;  // kv_heads * head_dim
  std::shared_ptr<Transfers> transfers;
  std::shared_ptr<SlicePool> pool;
};

// A page in the device's memory, in float32, as KvBlock has it. What it has is
// read from any thread.
class DeviceKvPage final : public KvPage {
 public:
  // Throws DeviceFailure, as all that transfers.
  explicit DeviceKvPage(std::shared_ptr<const DeviceKvMemory> memory)
      : memory_(std::move(memory)), slice_(memory_->pool->Take()) {}

  size_t bytes() const override {
    return memory_->page_bytes() / kBlockTokens * filled;
  }
  void AppendRows(size_t rows, std::vector<float>* values) const override;
  std::shared_ptr<KvPage> CopyRows(size_t rows) const override;
  // Takes rows as AppendRows gave them.
  void SetRows(std::span<const float> values, size_t rows);

  Address address() const { return slice_->address; }

 private:
  std::shared_ptr<const DeviceKvMemory> memory_;
  std::shared_ptr<const Slice> slice_;
};

// The state of a model's attention layers that a device runs.
class DeviceKv final : public KvPages {
 public:
  DeviceKv(const AttentionShape& shape,
           std::shared_ptr<const DeviceKvMemory> memory);

  // Appends the addresses of all pages; 0 where the window has passed.
  void AppendAddresses(std::vector<Address>* addresses) const;

  // A block as this keeps it: itself if it is a page of a device, else what it
  // holds in a page of its own (states from the disk). Null stays null.
  std::shared_ptr<StateBlock> ToDevice(
      const std::shared_ptr<StateBlock>& block) const;

 private:
  std::shared_ptr<const DeviceKvMemory> memory_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_KV_H_
