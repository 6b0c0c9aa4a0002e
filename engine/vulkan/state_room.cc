// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/state_room.h"

#include <algorithm>
#include <utility>

namespace krait::engine::vulkan {

size_t StateRoom::taken_bytes() const {
  size_t bytes = 0;
  for (const auto& pool : pools_) bytes += pool->taken_bytes();
  return bytes;
}

std::shared_ptr<SlicePool> StateRoom::NewPool(
    const std::shared_ptr<Device>& device, size_t slice_bytes) {
  pools_.push_back(std::make_shared<SlicePool>(device, slice_bytes));
  return pools_.back();
}

std::shared_ptr<const Slice> StateRoom::Take(SlicePool& pool) {
  while (taken_bytes() + pool.slice_bytes() > budget_bytes_ && MoveOneOut()) {
  }
  while (true) {
    auto slice = pool.Take();
    if (slice) return *slice;
    if (!MoveOneOut()) pool.device().Fail(slice.error());
  }
}

void StateRoom::BeginCall() {
  const std::lock_guard lock(mutex_);
  call_began_ = uses_ + 1;
}

// With the mutex, so that no piece goes meanwhile.
bool StateRoom::MoveOneOut() {
  const std::lock_guard lock(mutex_);
  std::vector<MovablePiece*> movable;
  for (MovablePiece* const piece : pieces_) {
    if (piece->last_use_ < call_began_) movable.push_back(piece);
  }
  std::ranges::sort(movable, {},
                    [](const MovablePiece* piece) { return piece->last_use_; });
  return std::ranges::any_of(
      movable, [](MovablePiece* piece) { return piece->MoveOut(); });
}

StateRoom::Entry::Entry(std::shared_ptr<StateRoom> room, MovablePiece& piece)
    : room_(std::move(room)), piece_(piece) {
  const std::lock_guard lock(room_->mutex_);
  piece_.last_use_ = ++room_->uses_;
  room_->pieces_.push_back(&piece_);
}

StateRoom::Entry::~Entry() {
  const std::lock_guard lock(room_->mutex_);
  std::erase(room_->pieces_, &piece_);
}

void StateRoom::Entry::Use() {
  const std::lock_guard lock(room_->mutex_);
  piece_.last_use_ = ++room_->uses_;
}

}  // namespace krait::engine::vulkan
