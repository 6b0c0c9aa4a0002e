// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_KV_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_KV_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "engine/state/kv_pages.h"
#include "engine/vulkan/device_memory.h"
#include "engine/vulkan/kernels.h"
#include "engine/vulkan/state_room.h"
#include "engine/vulkan/transfers.h"

namespace krait::engine::vulkan {

// What the pages of one kind of all sequences of a model share: of keys and
// values, two parts for each layer, or of the replay log, one. Thread-safe.
struct DevicePageMemory {
  DevicePageMemory(size_t num_parts, size_t its_row_size,
                   const std::shared_ptr<Device>& device,
                   std::shared_ptr<Transfers> its_transfers,
                   std::shared_ptr<StateRoom> its_room);

  size_t part_floats() const { return kBlockTokens * row_size; }
  size_t page_bytes() const { return parts * part_floats() * sizeof(float); }

  size_t parts;
  size_t row_size;
  std::shared_ptr<Transfers> transfers;
  std::shared_ptr<StateRoom> room;
  std::shared_ptr<SlicePool> pool;  // the room's
};

// A page in the device's memory, [parts, kBlockTokens, row_size] in float32: as
// KvBlock has keys and values. Where there is no room for it, it is moved to
// the processor's (StateRoom). What it has is read from any thread; all else is
// the model's thread's.
class DevicePage final : public KvPage, public MovablePiece {
 public:
  // Throws DeviceFailure, as all that transfers.
  explicit DevicePage(std::shared_ptr<const DevicePageMemory> memory)
      : memory_(std::move(memory)),
        slice_(memory_->room->Take(*memory_->pool)),
        entry_(memory_->room, *this) {}

  size_t bytes() const override {
    return memory_->page_bytes() / kBlockTokens * filled;
  }
  size_t device_bytes() const override {
    return slice_ == nullptr ? 0 : bytes();
  }
  void AppendRows(size_t rows, std::vector<float>* values) const override;
  std::shared_ptr<KvPage> CopyRows(size_t rows) const override;
  // Takes rows as AppendRows gave them.
  void SetRows(std::span<const float> values, size_t rows);

  // Where the device has it: brings it there.
  Address Use();

 private:
  bool MoveOut() override;

  std::shared_ptr<const DevicePageMemory> memory_;
  mutable std::mutex mutex_;            // of the change of what follows
  std::shared_ptr<const Slice> slice_;  // null: it was moved out
  std::vector<float> moved_;            // what the slice held
  StateRoom::Entry entry_;
};

// A block of `rows` rows as the device has it: itself if it is a page of a
// device, else what it holds in a page of its own (states from the disk). Null
// stays null.
std::shared_ptr<StateBlock> ToDevicePage(
    const std::shared_ptr<StateBlock>& block, size_t rows,
    const std::shared_ptr<const DevicePageMemory>& memory);

// The state of a model's attention layers that a device runs.
class DeviceKv final : public KvPages {
 public:
  DeviceKv(const AttentionShape& shape,
           std::shared_ptr<const DevicePageMemory> memory);

  // Appends the addresses of all pages; 0 where the window has passed.
  void AppendAddresses(std::vector<Address>* addresses) const;

  // As those of KvPages, from blocks that lie anywhere.
  void Restore(size_t position,
               std::span<const std::shared_ptr<StateBlock>> blocks);
  void Append(const std::shared_ptr<StateBlock>& block, size_t rows) {
    KvPages::Append(ToDevicePage(block, rows, memory_), rows);
  }

 private:
  std::shared_ptr<const DevicePageMemory> memory_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_KV_H_
