// SPDX-License-Identifier: Apache-2.0
#include "engine/state/recurrent_state.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

namespace krait::engine {
namespace {

constexpr size_t kFloatsPerLine = 16;  // 64 bytes

size_t RoundUp(size_t n) {
  return (n + kFloatsPerLine - 1) / kFloatsPerLine * kFloatsPerLine;
}

}  // namespace

RecurrentLayout::RecurrentLayout(const Mamba2Shape& its_shape,
                                 size_t num_layers)
    : shape(its_shape),
      layers(num_layers),
      conv_size(RoundUp((shape.conv_width - 1) * shape.conv_dim())),
      ssm_size(RoundUp(shape.heads * shape.state * shape.head_dim)),
      row_size(RoundUp(shape.conv_dim() + shape.heads)) {}

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

std::unique_ptr<State> RecurrentState::Clone() const {
  auto copy = std::make_unique<RecurrentState>(*this);
  copy->whole_blocks_.clear();
  return copy;
}

void RecurrentState::CopyFrom(const State& other) {
  const auto& source = static_cast<const RecurrentState&>(other);
  auto mine = std::move(base_);
  *this = source;
  whole_blocks_.clear();
  const bool reusable =
      mine != nullptr && mine.use_count() == 1 && mine->mutable_values();
  if (base_ == nullptr || !reusable) return;
  assert(mine->bytes() == base_->bytes());
  std::ranges::copy(base_->values(), mine->mutable_values());
  base_ = std::move(mine);
}

void RecurrentState::Reset() {
  Restore(0, nullptr);
}

void RecurrentState::Restore(size_t position,
                             std::shared_ptr<const StateSnapshot> snapshot) {
  assert(position == GridFloor(position));
  assert((snapshot == nullptr) == (position == 0));
  // Shared snapshots are never written: see MakeBaseMutable.
  base_ = std::const_pointer_cast<RecurrentSnapshot>(
      std::static_pointer_cast<const RecurrentSnapshot>(std::move(snapshot)));
  base_position_ = position_ = position;
  tail_.clear();
  tail_complete_ = true;
  last_whole_ = nullptr;
  whole_blocks_.clear();
}

std::shared_ptr<const StateSnapshot> RecurrentState::snapshot() const {
  if (base_position_ != GridFloor(position_)) return nullptr;
  return base_;
}

std::shared_ptr<const StateBlock> RecurrentState::last_block() const {
  if (settled()) return last_whole_;
  return tail_complete_ ? tail_.back() : nullptr;
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
  if (base_.use_count() == 1 && base_->mutable_values() != nullptr) return;
  auto own = std::make_shared<RecurrentSnapshot>(layout_.snapshot_size());
  std::ranges::copy(base_->values(), own->mutable_values());
  base_ = std::move(own);
}

void RecurrentState::MoveConvWindow(size_t layer, size_t position) {
  const size_t width = layout_.shape.conv_width - 1;
  const size_t channels = layout_.shape.conv_dim();
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

void RecurrentState::SetTail(std::shared_ptr<const StateBlock> block,
                             size_t rows) {
  assert(settled() && base_position_ % kBlockTokens == 0);
  // Rows that are written are never changed: see Extend.
  tail_ = {std::const_pointer_cast<ReplayBlock>(
      std::static_pointer_cast<const ReplayBlock>(std::move(block)))};
  assert(rows <= tail_[0]->filled);
  tail_complete_ = true;
  position_ += rows;
}

std::vector<StateTensor> RecurrentState::Export() const {
  assert(settled());
  std::vector<StateTensor> tensors;
  if (base_ == nullptr) return tensors;
  for (size_t layer = 0; layer < layout_.layers; ++layer) {
    const std::string prefix = "layer." + std::to_string(layer) + ".";
    tensors.push_back(ExportConvState(layer, prefix + "conv_state"));
    tensors.push_back(ExportSsmState(layer, prefix + "ssm_state"));
  }
  return tensors;
}

StateTensor RecurrentState::ExportConvState(size_t layer,
                                            std::string name) const {
  const size_t window = layout_.shape.conv_width - 1;
  const size_t channels = layout_.shape.conv_dim();
  const float* conv = conv_window(layer);
  StateTensor tensor{std::move(name), {channels, window}, {}};
  for (size_t c = 0; c < channels; ++c) {
    for (size_t k = 0; k < window; ++k) {
      tensor.values.push_back(conv[k * channels + c]);
    }
  }
  return tensor;
}

StateTensor RecurrentState::ExportSsmState(size_t layer,
                                           std::string name) const {
  const Mamba2Shape& shape = layout_.shape;
  StateTensor tensor{
      std::move(name), {shape.heads, shape.head_dim, shape.state}, {}};
  for (size_t h = 0; h < shape.heads; ++h) {
    const float* head = ssm(layer) + h * shape.state * shape.head_dim;
    for (size_t p = 0; p < shape.head_dim; ++p) {
      for (size_t n = 0; n < shape.state; ++n) {
        tensor.values.push_back(head[n * shape.head_dim + p]);
      }
    }
  }
  return tensor;
}

}  // namespace krait::engine
