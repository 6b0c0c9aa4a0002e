// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_kv.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace krait::engine::vulkan {

DevicePageMemory::DevicePageMemory(size_t num_parts, size_t its_row_size,
                                   const std::shared_ptr<Device>& device,
                                   std::shared_ptr<Transfers> its_transfers,
                                   std::shared_ptr<StateRoom> its_room)
    : parts(num_parts),
      row_size(its_row_size),
      transfers(std::move(its_transfers)),
      room(std::move(its_room)),
      pool(room->NewPool(device, page_bytes())) {}

void DevicePage::AppendRows(size_t rows, std::vector<float>* values) const {
  std::vector<float> page;
  {
    const std::lock_guard lock(mutex_);
    if (slice_ == nullptr) {
      page = moved_;
    } else {
      page.resize(memory_->page_bytes() / sizeof(float));
      memory_->transfers->Download(*slice_,
                                   std::as_writable_bytes(std::span(page)));
    }
  }
  const size_t part_floats = memory_->part_floats();
  for (size_t part = 0; part < memory_->parts; ++part) {
    const auto begin =
        page.begin() + static_cast<ptrdiff_t>(part * part_floats);
    values->insert(values->end(), begin,
                   begin + static_cast<ptrdiff_t>(rows * memory_->row_size));
  }
}

// All rows: those behind `rows` are not read before they are written.
std::shared_ptr<KvPage> DevicePage::CopyRows(size_t /*rows*/) const {
  auto copy = std::make_shared<DevicePage>(memory_);
  // That may have moved this one out.
  if (slice_ == nullptr) {
    memory_->transfers->Upload(std::as_bytes(std::span(moved_)), *copy->slice_);
  } else {
    memory_->transfers->Copy(slice_->First(memory_->page_bytes()),
                             *copy->slice_);
  }
  return copy;
}

Address DevicePage::Use() {
  entry_.Use();
  if (slice_ == nullptr) {
    auto slice = memory_->room->Take(*memory_->pool);
    memory_->transfers->Upload(std::as_bytes(std::span(moved_)), *slice);
    const std::lock_guard lock(mutex_);
    slice_ = std::move(slice);
    moved_ = {};
  }
  return slice_->address;
}

bool DevicePage::MoveOut() {
  if (slice_ == nullptr) return false;
  std::vector<float> page(memory_->page_bytes() / sizeof(float));
  memory_->transfers->Download(*slice_,
                               std::as_writable_bytes(std::span(page)));
  const std::lock_guard lock(mutex_);
  moved_ = std::move(page);
  slice_ = nullptr;
  return true;
}

void DevicePage::SetRows(std::span<const float> values, size_t rows) {
  const size_t row_floats = rows * memory_->row_size;
  assert(values.size() == memory_->parts * row_floats);
  const size_t part_floats = memory_->part_floats();
  std::vector<float> page(memory_->page_bytes() / sizeof(float));
  for (size_t part = 0; part < memory_->parts; ++part) {
    std::copy_n(values.data() + part * row_floats, row_floats,
                page.data() + part * part_floats);
  }
  memory_->transfers->Upload(std::as_bytes(std::span(page)), *slice_);
  filled = rows;
}

DeviceKv::DeviceKv(const AttentionShape& shape,
                   std::shared_ptr<const DevicePageMemory> memory)
    : KvPages(shape, [memory] { return std::make_shared<DevicePage>(memory); }),
      memory_(std::move(memory)) {}

void DeviceKv::Restore(size_t position,
                       std::span<const std::shared_ptr<StateBlock>> blocks) {
  std::vector<std::shared_ptr<StateBlock>> pages;
  for (const auto& block : blocks) {
    pages.push_back(ToDevicePage(block, kBlockTokens, memory_));
  }
  KvPages::Restore(position, pages);
}

void DeviceKv::AppendAddresses(std::vector<Address>* addresses) const {
  for (const auto& page : pages()) {
    addresses->push_back(
        page == nullptr ? 0 : static_cast<DevicePage&>(*page).Use());
  }
}

std::shared_ptr<StateBlock> ToDevicePage(
    const std::shared_ptr<StateBlock>& block, size_t rows,
    const std::shared_ptr<const DevicePageMemory>& memory) {
  if (block == nullptr || std::dynamic_pointer_cast<DevicePage>(block)) {
    return block;
  }
  std::vector<float> values;
  block->AppendRows(rows, &values);
  auto page = std::make_shared<DevicePage>(memory);
  page->SetRows(values, rows);
  return page;
}

}  // namespace krait::engine::vulkan
