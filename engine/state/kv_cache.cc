// SPDX-License-Identifier: Apache-2.0
// Blocks are shared with forks and with the store, and grow only: who wants to
// write behind the rows that it knows of, but finds that another cache has
// written there (`filled`), copies them into a block of its own first. What a
// sliding window has passed is let go of, block by block.

#include "engine/state/kv_cache.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

namespace krait::engine {

void KvBlock::AppendRows(size_t rows, std::vector<float>* values) const {
  for (size_t part = 0; part < 2 * layers_; ++part) {
    const float* begin = rows_.data() + part * kBlockTokens * row_size_;
    values->insert(values->end(), begin, begin + rows * row_size_);
  }
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
    : kv_heads_(shape.kv_heads),
      head_dim_(shape.head_dim),
      row_size_(shape.kv_heads * shape.head_dim),
      layers_(layers),
      window_(shape.sliding_window) {}

void KvCache::CopyFrom(const KvCache& other) {
  *this = other;
  whole_blocks_.clear();
  // The original goes on writing where it ends; what is decoded here lies
  // elsewhere.
  if (position_ % kBlockTokens != 0) OwnLastBlock();
}

void KvCache::Restore(size_t position,
                      std::span<const std::shared_ptr<StateBlock>> blocks) {
  assert(position == blocks.size() * kBlockTokens);
  blocks_.clear();
  whole_blocks_.clear();
  for (const auto& block : blocks) {
    blocks_.push_back(std::static_pointer_cast<KvBlock>(block));
  }
  position_ = position;
  Slide();
}

bool KvCache::CanRewind(size_t position) const {
  if (position > position_) return false;
  if (position == 0) return true;
  // The oldest that the window sees from there.
  const size_t begin =
      window_ == 0 || position <= window_ ? 0 : position - window_;
  return blocks_[begin / kBlockTokens] != nullptr;
}

// What the last block holds behind `position` stays there for those who share
// it: see Extend.
void KvCache::Rewind(size_t position) {
  assert(CanRewind(position));
  blocks_.resize((position + kBlockTokens - 1) / kBlockTokens);
  const size_t dropped =
      GridFloor(position_) / kBlockTokens - GridFloor(position) / kBlockTokens;
  whole_blocks_.resize(whole_blocks_.size() -
                       std::min(dropped, whole_blocks_.size()));
  position_ = position;
}

std::shared_ptr<StateBlock> KvCache::last_block() const {
  return blocks_.empty() ? nullptr : blocks_.back();
}

size_t KvCache::bytes() const {
  size_t bytes = 0;
  for (const auto& block : blocks_) {
    if (block != nullptr) bytes += block->bytes();
  }
  return bytes;
}

void KvCache::OwnLastBlock() {
  const size_t used = position_ % kBlockTokens;
  auto own = std::make_shared<KvBlock>(layers_, row_size_);
  own->filled = used;
  for (size_t layer = 0; layer < layers_; ++layer) {
    std::copy_n(blocks_.back()->keys(layer), used * row_size_,
                own->keys(layer));
    std::copy_n(blocks_.back()->values(layer), used * row_size_,
                own->values(layer));
  }
  blocks_.back() = std::move(own);
}

void KvCache::Extend(size_t tokens) {
  const size_t used = position_ % kBlockTokens;
  // The last block may have been written on by another state that shares it.
  if (used != 0 && blocks_.back()->filled != used) OwnLastBlock();
  const size_t end = (position_ + tokens - 1) / kBlockTokens + 1;
  while (blocks_.size() < end) {
    blocks_.push_back(std::make_shared<KvBlock>(layers_, row_size_));
  }
  // Taken at once: another cache that shares the block may be extended for the
  // same batch.
  for (size_t i = position_ / kBlockTokens; i < end; ++i) {
    blocks_[i]->filled =
        std::min(kBlockTokens, position_ + tokens - i * kBlockTokens);
  }
}

void KvCache::Advance(size_t tokens) {
  for (size_t i = position_ / kBlockTokens; i < blocks_.size(); ++i) {
    const bool whole = position_ + tokens >= (i + 1) * kBlockTokens;
    if (whole) whole_blocks_.push_back(blocks_[i]);
  }
  position_ += tokens;
  Slide();
}

void KvCache::Append(std::shared_ptr<StateBlock> block, size_t rows) {
  assert(position_ % kBlockTokens == 0);
  // Rows that are written are never changed: see Extend.
  blocks_.push_back(std::static_pointer_cast<KvBlock>(std::move(block)));
  position_ += rows;
  Slide();
}

void KvCache::Slide() {
  if (window_ == 0 || position_ <= window_) return;
  const size_t passed = (position_ - window_) / kBlockTokens;
  for (size_t i = passed; i-- > 0 && blocks_[i] != nullptr;) {
    blocks_[i] = nullptr;
  }
}

void KvCache::Export(size_t layer, size_t number,
                     std::vector<StateTensor>* tensors) const {
  size_t first = 0;
  while (first < blocks_.size() && blocks_[first] == nullptr) ++first;
  const size_t begin = first * kBlockTokens;
  const std::vector<size_t> shape = {position_ - begin, kv_heads_, head_dim_};
  const std::string prefix = "layer." + std::to_string(number) + ".";
  StateTensor keys{prefix + "keys", shape, {}};
  StateTensor values{prefix + "values", shape, {}};
  for (size_t at = begin; at < position_; at += kBlockTokens) {
    KvBlock& block = *blocks_[at / kBlockTokens];
    const size_t size = std::min(kBlockTokens, position_ - at) * row_size_;
    const auto append = [size](const float* rows, std::vector<float>* to) {
      to->insert(to->end(), rows, rows + size);
    };
    append(block.keys(layer), &keys.values);
    append(block.values(layer), &values.values);
  }
  tensors->push_back(std::move(keys));
  tensors->push_back(std::move(values));
}

}  // namespace krait::engine
