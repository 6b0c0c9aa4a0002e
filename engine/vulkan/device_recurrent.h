// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_DEVICE_RECURRENT_H_
#define KRAIT_ENGINE_VULKAN_DEVICE_RECURRENT_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "engine/state/recurrent_layout.h"
#include "engine/state/state.h"
#include "engine/vulkan/device_kv.h"
#include "engine/vulkan/device_memory.h"
#include "engine/vulkan/kernels.h"
#include "engine/vulkan/transfers.h"

namespace krait::engine::vulkan {

// What the recurrent layers of all sequences of a model share. Thread-safe.
struct DeviceRecurrentMemory {
  // `goes_in_chunks`: what is recorded is run from the last snapshot on
  // (ChunkedScan), not token by token.
  DeviceRecurrentMemory(const RecurrentLayout& its_layout, bool goes_in_chunks,
                        const std::shared_ptr<Device>& device,
                        std::shared_ptr<Transfers> its_transfers,
                        std::shared_ptr<StateRoom> its_room);

  // For a state. Throws DeviceFailure.
  std::shared_ptr<const Slice> Take() const { return room->Take(*states); }

  RecurrentLayout layout;
  bool in_chunks;
  std::shared_ptr<Transfers> transfers;
  std::shared_ptr<StateRoom> room;
  std::shared_ptr<SlicePool> states;  // of snapshot_size() floats; the room's
  // Of the replay log: pages of a part for each layer.
  std::shared_ptr<const DevicePageMemory> log;
};

// A snapshot in the device's memory; its values are copied when they are asked
// for (for the disk), from any thread, or when it is moved out (StateRoom),
// and stay then. Never changed.
class DeviceSnapshot final : public StateSnapshot, public MovablePiece {
 public:
  DeviceSnapshot(std::shared_ptr<const DeviceRecurrentMemory> memory,
                 std::shared_ptr<const Slice> slice)
      : memory_(std::move(memory)),
        slice_(std::move(slice)),
        entry_(memory_->room, *this) {}

  std::span<const float> values() const override;
  size_t bytes() const override {
    return memory_->layout.snapshot_size() * sizeof(float);
  }
  size_t device_bytes() const override {
    return slice_ == nullptr ? 0 : bytes();
  }
  // Where the device has it: brings it there. The model's thread's.
  const Slice& Use();

 private:
  bool MoveOut() override;

  std::shared_ptr<const DeviceRecurrentMemory> memory_;
  std::shared_ptr<const Slice> slice_;  // null: it was moved out
  mutable std::once_flag copied_;       // after which no slice is needed
  mutable std::vector<float> values_;
  StateRoom::Entry entry_;
};

// The state of a model's recurrent layers that a device runs: what the
// recurrence has come to; a snapshot at the last point of the grid; and the log
// of the inputs since, from which the way there can be gone again. How tokens
// were cut into calls cannot show: a recurrence goes token by token, or, what
// is recorded, in chunks, of which one that has begun is run again from the
// snapshot. What has decoded is not recorded. Functions that need memory throw
// DeviceFailure.
class DeviceRecurrent {
 public:
  explicit DeviceRecurrent(std::shared_ptr<const DeviceRecurrentMemory> memory)
      : memory_(std::move(memory)) {}
  DeviceRecurrent(const DeviceRecurrent& other);
  DeviceRecurrent& operator=(const DeviceRecurrent& other);

  // Its part of what State says of the functions by these names.
  void CopyFrom(const DeviceRecurrent& other) {
    *this = other;
    whole_blocks_.clear();
  }
  void Restore(size_t position, const std::shared_ptr<StateSnapshot>& snapshot);
  bool CanRewind(size_t position) const;
  void Rewind(size_t position);
  std::shared_ptr<StateSnapshot> snapshot() const;
  std::shared_ptr<StateBlock> last_block() const;
  size_t bytes() const;
  void Export(size_t layer, size_t number,
              std::vector<StateTensor>* tensors) const;
  std::vector<std::shared_ptr<StateBlock>> TakeWholeBlocks() {
    return std::exchange(whole_blocks_, {});
  }

  // For the forward pass ------------------------------------------------------

  const RecurrentLayout& layout() const { return memory_->layout; }

  // Whether what the recurrence has come to is that of position().
  bool settled() const { return settled_; }
  // Goes on by the first `rows` tokens of a block that begins here, on the
  // grid, and that was recorded; it must be settled after that.
  void SetTail(const std::shared_ptr<StateBlock>& block, size_t rows);
  // Around going along the log from the last snapshot to position(): what is to
  // be run, and the addresses of the page.
  DeviceSequence BeginSettle();
  void EndSettle();
  size_t base_position() const { return base_position_; }

  // Whether `tokens` more can be fed, `record`ed or not, as it is; else it must
  // be settled.
  bool CanBegin(bool record) const {
    return settled_ || GoesOnFromBase(record);
  }
  // Around `tokens` more tokens, `record`ed or not (a decode): makes room.
  // What is to be run, but for its first token and where it begins (from()):
  // those of the log up to DeviceSequence::first_output, then the new ones.
  DeviceSequence Begin(size_t tokens, bool record);
  void End(size_t tokens);
  // The state that what is to be run begins at, where the device has it: brings
  // it there.
  Address from();
  // The addresses of the log's pages by position / kBlockTokens, of those that
  // Begin or BeginSettle need; 0 for others.
  void AppendAddresses(std::vector<Address>* addresses) const;

 private:
  // What is `record`ed then.
  bool GoesOnFromBase(bool record) const {
    return memory_->in_chunks && recorded_ && record;
  }
  std::shared_ptr<DevicePage> OwnPage();
  void OwnState();

  std::shared_ptr<const DeviceRecurrentMemory> memory_;
  size_t position_ = 0;
  // What the recurrence has come to, changed in place: of this state alone.
  // Null: zero, or the base's if that is not settled.
  std::shared_ptr<const Slice> state_;
  bool settled_ = true;
  std::shared_ptr<DeviceSnapshot> base_;    // null: zero, at position 0
  size_t base_position_ = 0;                // on the grid, if recorded
  std::shared_ptr<const Slice> next_base_;  // of a call
  bool recorded_ = true;
  bool from_base_ = false;  // a call begins at the base, not at state_
  std::shared_ptr<DevicePage> page_;  // since the base, if there are any
  std::vector<std::shared_ptr<DevicePage>> call_pages_;  // of a call
  std::shared_ptr<StateBlock> last_whole_;               // null: not known
  std::vector<std::shared_ptr<StateBlock>> whole_blocks_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_DEVICE_RECURRENT_H_
