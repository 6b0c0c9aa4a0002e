// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_STATE_ROOM_H_
#define KRAIT_ENGINE_VULKAN_STATE_ROOM_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/vulkan/device_memory.h"

namespace krait::engine::vulkan {

class StateRoom;

// A piece of a state that lies in the device's memory, or was moved out to the
// processor's and comes back when it is used.
class MovablePiece {
 public:
  virtual ~MovablePiece() = default;

 private:
  friend class StateRoom;
  // To the processor's memory; false: it is there. Throws DeviceFailure.
  virtual bool MoveOut() = 0;

  uint64_t last_use_ = 0;
};

// What the pieces of a model's states may take of a device's memory. What is
// beyond is moved out, that which was used longest ago first. The pieces of one
// call have to be there together: they stay, whatever they take.
//
// Pieces come and go on any thread; all else is the model's thread's.
class StateRoom {
 public:
  explicit StateRoom(size_t budget_bytes = std::numeric_limits<size_t>::max())
      : budget_bytes_(budget_bytes) {}

  size_t budget_bytes() const { return budget_bytes_; }
  void set_budget_bytes(size_t bytes) { budget_bytes_ = bytes; }
  // Of all slices that are taken.
  size_t taken_bytes() const;

  // A pool whose slices count.
  std::shared_ptr<SlicePool> NewPool(const std::shared_ptr<Device>& device,
                                     size_t slice_bytes);

  // Takes a slice of one of the pools. Throws DeviceFailure if the device has
  // no room for it and nothing can be moved out.
  std::shared_ptr<const Slice> Take(SlicePool& pool);

  // What is used from now on stays until the next call.
  void BeginCall();

  // While it lives, the piece may be moved out. Of a piece the last member, so
  // that it goes first.
  class Entry {
   public:
    Entry(std::shared_ptr<StateRoom> room, MovablePiece& piece);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    void Use();

   private:
    const std::shared_ptr<StateRoom> room_;
    MovablePiece& piece_;
  };

 private:
  // Returns whether there was one that could.
  bool MoveOneOut();

  size_t budget_bytes_;
  std::vector<std::shared_ptr<SlicePool>> pools_;
  std::mutex mutex_;  // of all that follows
  std::vector<MovablePiece*> pieces_;
  uint64_t uses_ = 0;
  uint64_t call_began_ = 0;  // at this use
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_STATE_ROOM_H_
