// SPDX-License-Identifier: Apache-2.0
#include "engine/state/kv_cache.h"

#include <algorithm>
#include <cassert>

namespace krait::engine {

void KvBlock::AppendRows(size_t rows, std::vector<float>* values) const {
  for (size_t part = 0; part < 2 * layers_; ++part) {
    const float* begin = rows_.data() + part * kBlockTokens * row_size_;
    values->insert(values->end(), begin, begin + rows * row_size_);
  }
}

std::shared_ptr<KvPage> KvBlock::CopyRows(size_t rows) const {
  auto copy = std::make_shared<KvBlock>(layers_, row_size_);
  for (size_t part = 0; part < 2 * layers_; ++part) {
    const size_t begin = part * kBlockTokens * row_size_;
    std::copy_n(rows_.data() + begin, rows * row_size_,
                copy->rows_.data() + begin);
  }
  return copy;
}

void KvBlock::SetRows(std::span<const float> values, size_t rows) {
  assert(values.size() == 2 * layers_ * rows * row_size_);
  for (size_t part = 0; part < 2 * layers_; ++part) {
    std::copy_n(values.data() + part * rows * row_size_, rows * row_size_,
                rows_.data() + part * kBlockTokens * row_size_);
  }
  filled = rows;
}

KvCache::KvCache(const AttentionShape& shape, size_t layers)
    : KvPages(shape,
              [layers, row_size = shape.kv_heads * shape.head_dim] {
                return std::make_shared<KvBlock>(layers, row_size);
              }),
      row_size_(shape.kv_heads * shape.head_dim) {}

}  // namespace krait::engine
