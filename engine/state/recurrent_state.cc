// SPDX-License-Identifier: Apache-2.0
// A state is the base (what the recurrence has come to, at base_position_) and
// the tail (the inputs of the tokens since, which were used for the outputs but
// not added to the base). A prefill moves the base to the last point of the
// grid that it passes; the blocks that it leaves behind became whole. Going
// back is forgetting a part of the tail.
//
// Bases and blocks are shared with forks and with the store. Who wants to
// change a base that others have, too, makes a copy first (MakeBaseMutable).
// Blocks grow only: who wants to write behind the rows that it knows of, but
// finds that another state has written there, takes a block of its own, which
// shares the whole pieces before (Extend).

#include "engine/state/recurrent_state.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

namespace krait::engine {

ReplayBlock::ReplayBlock(const ReplayBlock& other, size_t rows)
    : filled(rows), layers_(other.layers_), row_size_(other.row_size_) {
  const size_t whole = rows / kPieceTokens;
  std::copy_n(other.pieces_.begin(), whole, pieces_.begin());
  const size_t begin = whole * kPieceTokens;
  if (begin == rows) return;
  Extend(begin, rows);
  for (size_t layer = 0; layer < layers_; ++layer) {
    std::copy_n(other.Row(layer, begin), (rows - begin) * row_size_,
                Row(layer, begin));
  }
}

void ReplayBlock::Extend(size_t begin, size_t end) {
  for (size_t i = begin / kPieceTokens; i * kPieceTokens < end; ++i) {
    if (pieces_[i] != nullptr) continue;
    pieces_[i] = std::make_shared<Piece>(layers_ * kPieceTokens * row_size_,
                                         Uninitialised{});
  }
}

void ReplayBlock::AppendRows(size_t rows, std::vector<float>* values) const {
  for (size_t layer = 0; layer < layers_; ++layer) {
    for (size_t row = 0; row < rows; row += kPieceTokens) {
      const float* begin = Row(layer, row);
      values->insert(values->end(), begin,
                     begin + std::min(kPieceTokens, rows - row) * row_size_);
    }
  }
}

void ReplayBlock::SetRows(std::span<const float> values, size_t rows) {
  assert(values.size() == layers_ * rows * row_size_);
  Extend(0, rows);
  const float* from = values.data();
  for (size_t layer = 0; layer < layers_; ++layer) {
    for (size_t row = 0; row < rows; ++row, from += row_size_) {
      std::copy_n(from, row_size_, Row(layer, row));
    }
  }
  filled = rows;
}

void RecurrentState::CopyFrom(const RecurrentState& other) {
  auto mine = std::move(base_);
  *this = other;
  whole_blocks_.clear();
  const bool reusable =
      mine != nullptr && mine.use_count() == 1 && mine->is_mutable();
  if (base_ == nullptr || !reusable) return;
  assert(mine->bytes() == base_->bytes());
  std::ranges::copy(base_->values(), mine->mutable_values());
  base_ = std::move(mine);
}

void RecurrentState::Restore(size_t position,
                             std::shared_ptr<StateSnapshot> snapshot) {
  assert(position == GridFloor(position));
  assert((snapshot == nullptr) == (position == 0));
  // Shared snapshots are never written: see MakeBaseMutable.
  base_ = std::static_pointer_cast<RecurrentSnapshot>(std::move(snapshot));
  base_position_ = position_ = position;
  tail_.clear();
  tail_complete_ = true;
  is_draft_ = false;
  last_whole_ = nullptr;
  whole_blocks_.clear();
}

bool RecurrentState::CanRewind(size_t position) const {
  return position >= base_position_ && position <= position_;
}

// What the tail holds behind `position` stays there for those who share it: see
// Extend.
void RecurrentState::Rewind(size_t position) {
  assert(CanRewind(position));
  position_ = position;
  const size_t first = base_position_ / kBlockTokens;
  const size_t blocks =
      settled() ? 0 : (position_ - 1) / kBlockTokens + 1 - first;
  if (tail_.size() > blocks) tail_.resize(blocks);
}

std::shared_ptr<StateSnapshot> RecurrentState::snapshot() const {
  if (base_position_ != GridFloor(position_)) return nullptr;
  return base_;
}

std::shared_ptr<StateBlock> RecurrentState::last_block() const {
  if (settled()) return last_whole_;
  return tail_complete_ ? tail_.back() : nullptr;
}

size_t RecurrentState::BaseAfter(size_t tokens) const {
  return std::max(GridFloor(position_ + tokens), base_position_);
}

size_t RecurrentState::bytes() const {
  size_t bytes = base_ == nullptr ? 0 : base_->bytes();
  for (const auto& block : tail_) bytes += block->bytes();
  return bytes;
}

float* RecurrentState::Row(size_t layer, size_t position) {
  const size_t block = position / kBlockTokens - base_position_ / kBlockTokens;
  return tail_[block]->Row(layer, position % kBlockTokens);
}

void RecurrentState::Extend(size_t tokens) {
  if (settled()) {
    tail_.clear();
    tail_complete_ = base_position_ % kBlockTokens == 0;
  }
  // The last block may have been written on by another state that shares it.
  const size_t used = position_ % kBlockTokens;
  if (!tail_.empty() && used != 0 && tail_.back()->filled != used) {
    tail_.back() = std::make_shared<ReplayBlock>(*tail_.back(), used);
  }
  const size_t first = base_position_ / kBlockTokens;
  const size_t end = position_ + tokens;
  for (size_t at = position_; at < end; at = GridFloor(at) + kBlockTokens) {
    const size_t block = at / kBlockTokens - first;
    if (block == tail_.size()) {
      tail_.push_back(std::make_shared<ReplayBlock>(layout_));
    }
    tail_[block]->Extend(at % kBlockTokens,
                         std::min(kBlockTokens, end - GridFloor(at)));
  }
}

void RecurrentState::MakeBase() {
  if (base_ != nullptr) return;
  base_ = std::make_shared<RecurrentSnapshot>(layout_.snapshot_size());
}

void RecurrentState::MakeBaseMutable() {
  MakeBase();
  if (base_.use_count() == 1 && base_->is_mutable()) return;
  auto own = std::make_shared<RecurrentSnapshot>(layout_.snapshot_size());
  std::ranges::copy(base_->values(), own->mutable_values());
  base_ = std::move(own);
}

void RecurrentState::MoveConvWindow(size_t layer, size_t position) {
  const size_t width = layout_.shape.window;
  const size_t channels = layout_.shape.channels;
  float* window = mutable_conv_window(layer);
  for (size_t i = 0; i < width; ++i) {
    // The input of position - width + i: in the old window or in the tail.
    const size_t at = position + i;
    const float* input = at >= base_position_ + width
                             ? Row(layer, at - width)
                             : window + (at - base_position_) * channels;
    std::copy_n(input, channels, window + i * channels);
  }
}

void RecurrentState::Advance(size_t tokens, size_t base_position) {
  position_ += tokens;
  const size_t first = base_position_ / kBlockTokens;
  const size_t whole = base_position / kBlockTokens - first;
  for (size_t i = 0; i < tail_.size(); ++i) {
    const size_t end = (first + i + 1) * kBlockTokens;
    tail_[i]->filled =
        position_ >= end ? kBlockTokens : position_ % kBlockTokens;
    if (i < whole && (tail_complete_ || i > 0)) {
      whole_blocks_.push_back(tail_[i]);
      last_whole_ = tail_[i];
    } else if (i < whole) {
      last_whole_ = nullptr;
    }
  }
  if (whole > 0) {
    tail_.erase(tail_.begin(), tail_.begin() + static_cast<ptrdiff_t>(std::min(
                                                   whole, tail_.size())));
    tail_complete_ = true;
  }
  base_position_ = base_position;
  if (base_position % kBlockTokens != 0) {  // it has decoded
    tail_.clear();
    last_whole_ = nullptr;
  }
}

void RecurrentState::AdvanceDraft(size_t tokens) {
  assert(settled());
  position_ += tokens;
  tail_complete_ = false;
  is_draft_ = true;
}

void RecurrentState::SetTail(std::shared_ptr<StateBlock> block, size_t rows) {
  assert(settled() && base_position_ % kBlockTokens == 0);
  // Rows that are written are never changed: see Extend.
  tail_ = {std::static_pointer_cast<ReplayBlock>(std::move(block))};
  assert(rows <= tail_[0]->filled);
  tail_complete_ = true;
  position_ += rows;
}

void RecurrentState::Export(size_t layer, size_t number,
                            std::vector<StateTensor>* tensors) const {
  assert(settled());
  if (base_ == nullptr) return;
  ExportRecurrentLayer(layout_, base_->values(), layer, number, tensors);
}

namespace {

StateTensor ExportConvState(const RecurrentShape& shape, const float* conv,
                            std::string name) {
  StateTensor tensor{std::move(name), {shape.channels, shape.window}, {}};
  for (size_t c = 0; c < shape.channels; ++c) {
    for (size_t k = 0; k < shape.window; ++k) {
      tensor.values.push_back(conv[k * shape.channels + c]);
    }
  }
  return tensor;
}

StateTensor ExportSsmState(const RecurrentShape& shape, const float* ssm,
                           std::string name) {
  StateTensor tensor{std::move(name), {shape.head_dim, shape.state}, {}};
  if (shape.has_heads) tensor.shape.insert(tensor.shape.begin(), shape.heads);
  for (size_t h = 0; h < shape.heads; ++h) {
    const float* head = ssm + h * shape.state * shape.head_dim;
    for (size_t p = 0; p < shape.head_dim; ++p) {
      for (size_t n = 0; n < shape.state; ++n) {
        tensor.values.push_back(head[n * shape.head_dim + p]);
      }
    }
  }
  return tensor;
}

}  // namespace

void ExportRecurrentLayer(const RecurrentLayout& layout,
                          std::span<const float> values, size_t layer,
                          size_t number, std::vector<StateTensor>* tensors) {
  const float* conv =
      values.data() + layer * (layout.conv_size + layout.ssm_size);
  const std::string prefix = "layer." + std::to_string(number) + ".";
  tensors->push_back(
      ExportConvState(layout.shape, conv, prefix + "conv_state"));
  tensors->push_back(ExportSsmState(layout.shape, conv + layout.conv_size,
                                    prefix + "ssm_state"));
}

}  // namespace krait::engine
