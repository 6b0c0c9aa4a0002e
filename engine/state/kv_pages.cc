// SPDX-License-Identifier: Apache-2.0
// Pages are shared with forks and with the store, and grow only: who wants to
// write behind the rows that it knows of, but finds that another cache has
// written there (`filled`), copies them into a page of its own first. What a
// sliding window has passed is let go of, page by page.

#include "engine/state/kv_pages.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

namespace krait::engine {

KvPages::KvPages(const AttentionShape& shape, NewPage new_page)
    : kv_heads_(shape.kv_heads),
      head_dim_(shape.head_dim),
      window_(shape.sliding_window),
      new_page_(std::move(new_page)) {}

void KvPages::CopyFrom(const KvPages& other) {
  *this = other;
  whole_blocks_.clear();
  // The original goes on writing where it ends; what is decoded here lies
  // elsewhere.
  if (position_ % kBlockTokens != 0) OwnLastPage();
}

void KvPages::Restore(size_t position,
                      std::span<const std::shared_ptr<StateBlock>> blocks) {
  assert(position == blocks.size() * kBlockTokens);
  pages_.clear();
  whole_blocks_.clear();
  for (const auto& block : blocks) {
    pages_.push_back(std::static_pointer_cast<KvPage>(block));
  }
  position_ = position;
  Slide();
}

bool KvPages::CanRewind(size_t position) const {
  if (position > position_) return false;
  if (position == 0) return true;
  // The oldest that the window sees from there.
  const size_t begin =
      window_ == 0 || position <= window_ ? 0 : position - window_;
  return pages_[begin / kBlockTokens] != nullptr;
}

// What the last page holds behind `position` stays there for those who share
// it: see Extend.
void KvPages::Rewind(size_t position) {
  assert(CanRewind(position));
  pages_.resize((position + kBlockTokens - 1) / kBlockTokens);
  const size_t dropped =
      GridFloor(position_) / kBlockTokens - GridFloor(position) / kBlockTokens;
  whole_blocks_.resize(whole_blocks_.size() -
                       std::min(dropped, whole_blocks_.size()));
  position_ = position;
}

std::shared_ptr<StateBlock> KvPages::last_block() const {
  return pages_.empty() ? nullptr : pages_.back();
}

size_t KvPages::bytes() const {
  size_t bytes = 0;
  for (const auto& page : pages_) {
    if (page != nullptr) bytes += page->bytes();
  }
  return bytes;
}

void KvPages::OwnLastPage() {
  const size_t used = position_ % kBlockTokens;
  pages_.back() = pages_.back()->CopyRows(used);
  pages_.back()->filled = used;
}

void KvPages::Extend(size_t tokens) {
  const size_t used = position_ % kBlockTokens;
  // The last page may have been written on by another state that shares it.
  if (used != 0 && pages_.back()->filled != used) OwnLastPage();
  const size_t end = (position_ + tokens - 1) / kBlockTokens + 1;
  while (pages_.size() < end) pages_.push_back(new_page_());
  // Taken at once: another cache that shares the page may be extended for the
  // same batch.
  for (size_t i = position_ / kBlockTokens; i < end; ++i) {
    pages_[i]->filled =
        std::min(kBlockTokens, position_ + tokens - i * kBlockTokens);
  }
}

void KvPages::Advance(size_t tokens) {
  AdvanceDraft(tokens);
  Slide();
}

void KvPages::AdvanceDraft(size_t tokens) {
  for (size_t i = position_ / kBlockTokens; i < pages_.size(); ++i) {
    const bool whole = position_ + tokens >= (i + 1) * kBlockTokens;
    if (whole) whole_blocks_.push_back(pages_[i]);
  }
  position_ += tokens;
}

void KvPages::Append(std::shared_ptr<StateBlock> block, size_t rows) {
  assert(position_ % kBlockTokens == 0);
  // Rows that are written are never changed: see Extend.
  pages_.push_back(std::static_pointer_cast<KvPage>(std::move(block)));
  position_ += rows;
  Slide();
}

void KvPages::Slide() {
  if (window_ == 0 || position_ <= window_) return;
  const size_t passed = (position_ - window_) / kBlockTokens;
  for (size_t i = passed; i-- > 0 && pages_[i] != nullptr;) {
    pages_[i] = nullptr;
  }
}

void KvPages::Export(size_t layer, size_t number,
                     std::vector<StateTensor>* tensors) const {
  size_t first = 0;
  while (first < pages_.size() && pages_[first] == nullptr) ++first;
  const size_t begin = first * kBlockTokens;
  const std::vector<size_t> shape = {position_ - begin, kv_heads_, head_dim_};
  const std::string prefix = "layer." + std::to_string(number) + ".";
  StateTensor keys{prefix + "keys", shape, {}};
  StateTensor values{prefix + "values", shape, {}};
  for (size_t at = begin; at < position_; at += kBlockTokens) {
    const size_t rows = std::min(kBlockTokens, position_ - at);
    std::vector<float> all;
    pages_[at / kBlockTokens]->AppendRows(rows, &all);
    const size_t size = rows * kv_heads_ * head_dim_;
    const auto of_layer =
        all.begin() + static_cast<ptrdiff_t>(2 * layer * size);
    const auto middle = of_layer + static_cast<ptrdiff_t>(size);
    keys.values.insert(keys.values.end(), of_layer, middle);
    values.values.insert(values.values.end(), middle,
                         middle + static_cast<ptrdiff_t>(size));
  }
  tensors->push_back(std::move(keys));
  tensors->push_back(std::move(values));
}

}  // namespace krait::engine
