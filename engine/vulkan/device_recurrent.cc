// SPDX-License-Identifier: Apache-2.0
// Unlike RecurrentState it has a state of the last token (settled), which a
// decode goes on from, but after going back or along a block of the log: these
// leave the way from the last snapshot to be run. A recurrence that goes token
// by token goes on from there, too; one in chunks from the snapshot, along the
// log's tokens, which were fed before, and the new ones.

#include "engine/vulkan/device_recurrent.h"

#include <algorithm>
#include <cassert>
#include <string>

#include "engine/state/recurrent_state.h"

namespace krait::engine::vulkan {

DeviceRecurrentMemory::DeviceRecurrentMemory(
    const RecurrentLayout& its_layout, bool goes_in_chunks,
    const std::shared_ptr<Device>& device,
    std::shared_ptr<Transfers> its_transfers,
    std::shared_ptr<StateRoom> its_room)
    : layout(its_layout),
      in_chunks(goes_in_chunks),
      transfers(std::move(its_transfers)),
      room(std::move(its_room)),
      states(room->NewPool(device, layout.snapshot_size() * sizeof(float))),
      log(std::make_shared<const DevicePageMemory>(
          layout.layers, layout.row_size, device, transfers, room)) {}

std::span<const float> DeviceSnapshot::values() const {
  std::call_once(copied_, [this] {
    std::vector<float> values(memory_->layout.snapshot_size());
    memory_->transfers->Download(*slice_,
                                 std::as_writable_bytes(std::span(values)));
    values_ = std::move(values);
  });
  return values_;
}

const Slice& DeviceSnapshot::Use() {
  entry_.Use();
  if (slice_ == nullptr) {
    slice_ = memory_->Take();
    memory_->transfers->Upload(std::as_bytes(std::span(values_)), *slice_);
  }
  return *slice_;
}

bool DeviceSnapshot::MoveOut() {
  if (slice_ == nullptr) return false;
  values();
  slice_ = nullptr;
  return true;
}

DeviceRecurrent::DeviceRecurrent(const DeviceRecurrent& other)
    : memory_(other.memory_) {
  *this = other;
}

DeviceRecurrent& DeviceRecurrent::operator=(const DeviceRecurrent& other) {
  if (this == &other) return *this;
  position_ = other.position_;
  settled_ = other.settled_;
  base_ = other.base_;
  base_position_ = other.base_position_;
  recorded_ = other.recorded_;
  page_ = other.page_;
  last_whole_ = other.last_whole_;
  whole_blocks_ = other.whole_blocks_;
  if (other.state_ == nullptr || !settled_) {
    state_ = nullptr;
    return *this;
  }
  if (state_ == nullptr) state_ = memory_->Take();
  memory_->transfers->Copy(*other.state_, *state_);
  return *this;
}

void DeviceRecurrent::Restore(size_t position,
                              const std::shared_ptr<StateSnapshot>& snapshot) {
  assert((snapshot == nullptr) == (position == 0));
  base_ = std::dynamic_pointer_cast<DeviceSnapshot>(snapshot);
  if (base_ == nullptr && snapshot != nullptr) {
    auto slice = memory_->Take();
    memory_->transfers->Upload(std::as_bytes(snapshot->values()), *slice);
    base_ = std::make_shared<DeviceSnapshot>(memory_, std::move(slice));
  }
  position_ = base_position_ = position;
  state_ = nullptr;
  settled_ = false;
  recorded_ = true;
  page_ = nullptr;
  last_whole_ = nullptr;
  whole_blocks_.clear();
}

bool DeviceRecurrent::CanRewind(size_t position) const {
  if (position == position_) return true;
  return recorded_ && position >= base_position_ && position < position_;
}

// What the page holds behind `position` stays there for those who share it.
void DeviceRecurrent::Rewind(size_t position) {
  assert(CanRewind(position));
  if (position == position_) return;
  position_ = position;
  settled_ = false;
  if (position == base_position_) page_ = nullptr;
}

std::shared_ptr<StateSnapshot> DeviceRecurrent::snapshot() const {
  if (!recorded_ || base_ == nullptr) return nullptr;
  return base_;
}

std::shared_ptr<StateBlock> DeviceRecurrent::last_block() const {
  if (!recorded_) return nullptr;
  return position_ == base_position_ ? last_whole_ : page_;
}

size_t DeviceRecurrent::bytes() const {
  const size_t size = memory_->layout.snapshot_size() * sizeof(float);
  return (state_ == nullptr ? 0 : size) + (base_ == nullptr ? 0 : size) +
         (page_ == nullptr ? 0 : page_->bytes());
}

// The page that the next token goes into, if it has begun.
std::shared_ptr<DevicePage> DeviceRecurrent::OwnPage() {
  const size_t used = position_ % kBlockTokens;
  if (page_->filled != used) {
    page_ = std::static_pointer_cast<DevicePage>(page_->CopyRows(used));
    page_->filled = used;
  }
  return page_;
}

// What the base has, or zero, as the state.
void DeviceRecurrent::OwnState() {
  if (state_ == nullptr) state_ = memory_->Take();
  if (base_ == nullptr) {
    memory_->transfers->Clear(*state_);
  } else {
    memory_->transfers->Copy(base_->Use(), *state_);
  }
}

void DeviceRecurrent::SetTail(const std::shared_ptr<StateBlock>& block,
                              size_t rows) {
  assert(recorded_ && position_ == base_position_);
  page_ = std::static_pointer_cast<DevicePage>(
      ToDevicePage(block, rows, memory_->log));
  position_ += rows;
  settled_ = false;
}

DeviceSequence DeviceRecurrent::BeginSettle() {
  const auto tail = static_cast<uint32_t>(position_ - base_position_);
  from_base_ = memory_->in_chunks && tail > 0;
  if (!from_base_) {
    OwnState();
  } else if (state_ == nullptr) {
    state_ = memory_->Take();
  }
  DeviceSequence run{
      .tokens = tail, .first_output = tail, .state = state_->address};
  if (run.tokens == kBlockTokens) {
    next_base_ = memory_->Take();
    run.kept_after = run.tokens;
    run.kept = next_base_->address;
  }
  return run;
}

void DeviceRecurrent::EndSettle() {
  settled_ = true;
  if (next_base_ == nullptr) return;
  base_ = std::make_shared<DeviceSnapshot>(memory_, std::move(next_base_));
  next_base_ = nullptr;
  base_position_ = position_;
  last_whole_ = std::exchange(page_, nullptr);
  whole_blocks_.push_back(last_whole_);
}

DeviceSequence DeviceRecurrent::Begin(size_t tokens, bool record) {
  assert(CanBegin(record));
  from_base_ = GoesOnFromBase(record);
  if (state_ == nullptr && from_base_) {
    state_ = memory_->Take();
  } else if (state_ == nullptr) {
    OwnState();
  }
  call_pages_.clear();
  recorded_ = recorded_ && record;
  const size_t tail = from_base_ ? position_ - base_position_ : 0;
  DeviceSequence run{.tokens = static_cast<uint32_t>(tail + tokens),
                     .first_output = static_cast<uint32_t>(tail),
                     .state = state_->address};
  if (!recorded_) return run;
  const size_t end = position_ + tokens;
  for (size_t at = position_; at < end; at = GridFloor(at) + kBlockTokens) {
    auto page = at % kBlockTokens != 0
                    ? OwnPage()
                    : std::make_shared<DevicePage>(memory_->log);
    page->filled = std::min(kBlockTokens, end - GridFloor(at));
    call_pages_.push_back(std::move(page));
  }
  if (GridFloor(end) > position_) {
    next_base_ = memory_->Take();
    run.kept_after = static_cast<uint32_t>(GridFloor(end) - position_ + tail);
    run.kept = next_base_->address;
  }
  return run;
}

Address DeviceRecurrent::from() {
  if (!from_base_) return state_->address;
  return base_ == nullptr ? 0 : base_->Use().address;
}

void DeviceRecurrent::End(size_t tokens) {
  position_ += tokens;
  settled_ = true;
  if (!recorded_) {
    base_ = nullptr;
    page_ = nullptr;
    last_whole_ = nullptr;
    return;
  }
  for (auto& page : call_pages_) {
    page_ = page;
    if (page->filled != kBlockTokens) continue;
    last_whole_ = std::exchange(page_, nullptr);
    whole_blocks_.push_back(last_whole_);
  }
  call_pages_.clear();
  if (next_base_ == nullptr) return;
  base_ = std::make_shared<DeviceSnapshot>(memory_, std::move(next_base_));
  next_base_ = nullptr;
  base_position_ = GridFloor(position_);
}

void DeviceRecurrent::AppendAddresses(std::vector<Address>* addresses) const {
  if (!recorded_) return;
  addresses->resize(addresses->size() + base_position_ / kBlockTokens);
  if (call_pages_.empty() && page_ != nullptr) {
    addresses->push_back(page_->Use());
  }
  for (const auto& page : call_pages_) addresses->push_back(page->Use());
}

void DeviceRecurrent::Export(size_t layer, size_t number,
                             std::vector<StateTensor>* tensors) const {
  assert(settled_);
  if (state_ == nullptr) return;
  std::vector<float> values(memory_->layout.snapshot_size());
  memory_->transfers->Download(*state_,
                               std::as_writable_bytes(std::span(values)));
  ExportRecurrentLayer(memory_->layout, values, layer, number, tensors);
}

}  // namespace krait::engine::vulkan
