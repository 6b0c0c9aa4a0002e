// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_kv.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace krait::engine::vulkan {

DeviceKvMemory::DeviceKvMemory(const AttentionShape& shape, size_t num_layers,
                               const std::shared_ptr<Device>& device,
                               std::shared_ptr<Transfers> its_transfers)
    : layers(num_layers),
      row_size(shape.kv_heads * shape.head_dim),
      transfers(std::move(its_transfers)),
      pool(std::make_shared<SlicePool>(device, page_bytes())) {}

void DeviceKvPage::AppendRows(size_t rows, std::vector<float>* values) const {
  std::vector<float> page(memory_->page_bytes() / sizeof(float));
  memory_->transfers->Download(*slice_,
                               std::as_writable_bytes(std::span(page)));
  const size_t part_floats = kBlockTokens * memory_->row_size;
  for (size_t part = 0; part < 2 * memory_->layers; ++part) {
    const auto begin =
        page.begin() + static_cast<ptrdiff_t>(part * part_floats);
    values->insert(values->end(), begin,
                   begin + static_cast<ptrdiff_t>(rows * memory_->row_size));
  }
}

// All rows: those behind `rows` are not read before they are written.
std::shared_ptr<KvPage> DeviceKvPage::CopyRows(size_t /*rows*/) const {
  auto copy = std::make_shared<DeviceKvPage>(memory_);
  memory_->transfers->Copy(slice_->First(memory_->page_bytes()), *copy->slice_);
  return copy;
}

void DeviceKvPage::SetRows(std::span<const float> values, size_t rows) {
  const size_t row_floats = rows * memory_->row_size;
  assert(values.size() == 2 * memory_->layers * row_floats);
  const size_t part_floats = kBlockTokens * memory_->row_size;
  std::vector<float> page(memory_->page_bytes() / sizeof(float));
  for (size_t part = 0; part < 2 * memory_->layers; ++part) {
    std::copy_n(values.data() + part * row_floats, row_floats,
                page.data() + part * part_floats);
  }
  memory_->transfers->Upload(std::as_bytes(std::span(page)), *slice_);
  filled = rows;
}

DeviceKv::DeviceKv(const AttentionShape& shape,
                   std::shared_ptr<const DeviceKvMemory> memory)
    : KvPages(shape, memory->layers,
              [memory] { return std::make_shared<DeviceKvPage>(memory); }),
      memory_(memory) {}

void DeviceKv::AppendAddresses(std::vector<Address>* addresses) const {
  for (const auto& page : pages()) {
    addresses->push_back(
        page == nullptr ? 0
                        : static_cast<const DeviceKvPage&>(*page).address());
  }
}

std::shared_ptr<StateBlock> DeviceKv::ToDevice(
    const std::shared_ptr<StateBlock>& block) const {
  if (block == nullptr || std::dynamic_pointer_cast<DeviceKvPage>(block)) {
    return block;
  }
  const size_t rows = static_cast<const KvPage&>(*block).filled;
  std::vector<float> values;
  block->AppendRows(rows, &values);
  auto page = std::make_shared<DeviceKvPage>(memory_);
  page->SetRows(values, rows);
  return page;
}

}  // namespace krait::engine::vulkan
