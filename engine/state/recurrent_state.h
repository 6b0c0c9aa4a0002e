// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_RECURRENT_STATE_H_
#define KRAIT_ENGINE_STATE_RECURRENT_STATE_H_

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/aligned_array.h"
#include "engine/state/recurrent_layout.h"
#include "engine/state/state.h"

namespace krait::engine {

// The constant-size part: per layer the convolution's window, then what the
// recurrence has come to, in float32.
class RecurrentSnapshot final : public StateSnapshot {
 public:
  // Zero: the empty sequence.
  explicit RecurrentSnapshot(size_t size)
      : owned_(size), values_(owned_.data()), size_(size) {}
  // Values that lie elsewhere, never changed; `keeper` keeps them there.
  RecurrentSnapshot(std::span<float> values, std::shared_ptr<const void> keeper)
      : keeper_(std::move(keeper)),
        values_(values.data()),
        size_(values.size()) {}

  std::span<const float> values() const override { return {values_, size_}; }
  // Whether the values may be changed, by whom nobody shares it with.
  bool is_mutable() const { return keeper_ == nullptr; }
  float* mutable_values() { return values_; }

 private:
  AlignedArray<float> owned_;
  std::shared_ptr<const void> keeper_;
  float* values_;
  size_t size_;
};

// A part of the replay log: the inputs of each layer and token
// (RecurrentShape). It comes in pieces, so that blocks which begin alike share
// all but the last of them.
class ReplayBlock final : public StateBlock {
 public:
  static constexpr size_t kPieceTokens = 16;

  explicit ReplayBlock(const RecurrentLayout& layout)
      : layers_(layout.layers), row_size_(layout.row_size) {}
  // The first `rows` of `other`, to go on differently.
  ReplayBlock(const ReplayBlock& other, size_t rows);

  // Rows that were not written have no memory yet; those that other blocks
  // have, too, are counted in each.
  size_t bytes() const override {
    return filled * layers_ * row_size_ * sizeof(float);
  }
  void AppendRows(size_t rows, std::vector<float>* values) const override;
  // Takes rows as AppendRows gave them.
  void SetRows(std::span<const float> values, size_t rows);

  // Makes room for the rows [begin, end).
  void Extend(size_t begin, size_t end);

  // [row_size]; `row` is the token's position modulo kBlockTokens. The rows of
  // a piece follow each other.
  float* Row(size_t layer, size_t row) {
    return pieces_[row / kPieceTokens]->data() + RowOffset(layer, row);
  }
  const float* Row(size_t layer, size_t row) const {
    return pieces_[row / kPieceTokens]->data() + RowOffset(layer, row);
  }
  // Rows that some state has written. A state that ends here may write on.
  size_t filled = 0;

 private:
  using Piece = AlignedArray<float>;  // [layers, kPieceTokens, row_size]

  size_t RowOffset(size_t layer, size_t row) const {
    return (layer * kPieceTokens + row % kPieceTokens) * row_size_;
  }

  size_t layers_;
  size_t row_size_;
  std::array<std::shared_ptr<Piece>, kBlockTokens / kPieceTokens> pieces_;
};

// Appends what a snapshot's `values` have of the layer in place `layer`, the
// model's `number`th.
void ExportRecurrentLayer(const RecurrentLayout& layout,
                          std::span<const float> values, size_t layer,
                          size_t number, std::vector<StateTensor>* tensors);

// The state of a model's recurrent layers. The base lies on the grid unless the
// state has decoded; the inputs of the tokens since are in the tail, so that
// the chunk they are in can be run again when more tokens come: the arithmetic
// of a prefill then does not depend on how it was cut into calls. Copies share
// pieces until either changes them.
class RecurrentState {
 public:
  explicit RecurrentState(const RecurrentLayout& layout) : layout_(layout) {}

  // Its part of what State says of the functions by these names.
  void CopyFrom(const RecurrentState& other);
  void Restore(size_t position, std::shared_ptr<StateSnapshot> snapshot);
  // Whether Rewind can go there.
  bool CanRewind(size_t position) const;
  void Rewind(size_t position);
  std::shared_ptr<StateSnapshot> snapshot() const;
  std::shared_ptr<StateBlock> last_block() const;
  size_t bytes() const;
  // Of the layer in place `layer`, the model's `number`th; it must be settled.
  void Export(size_t layer, size_t number,
              std::vector<StateTensor>* tensors) const;
  std::vector<std::shared_ptr<StateBlock>> TakeWholeBlocks() {
    return std::exchange(whole_blocks_, {});
  }

  // For the forward pass ------------------------------------------------------

  size_t position() const { return position_; }
  // Position of the base; tokens in [base_position(), position()) are in the
  // tail.
  size_t base_position() const { return base_position_; }
  bool settled() const { return base_position_ == position_; }
  // Where a prefill of `tokens` more moves the base.
  size_t BaseAfter(size_t tokens) const;

  // Inputs of a token in [base_position(), position() + the `tokens` of
  // Extend), [row_size].
  float* Row(size_t layer, size_t position);
  size_t row_size() const { return layout_.row_size; }
  // How many rows from that of a position on follow each other.
  static size_t RowsInPlace(size_t position) {
    return ReplayBlock::kPieceTokens - position % ReplayBlock::kPieceTokens;
  }

  // Makes room for the rows of `tokens` more tokens.
  void Extend(size_t tokens);

  // The base's parts, to be read, or to be changed after MakeBaseMutable; there
  // is one after MakeBase.
  const float* conv_window(size_t layer) const {
    return base_->values().data() +
           layer * (layout_.conv_size + layout_.ssm_size);
  }
  const float* ssm(size_t layer) const {
    return conv_window(layer) + layout_.conv_size;
  }
  // For a scan, which changes what it is given only if it moves the base.
  float* scanned_ssm(size_t layer) { return mutable_ssm(layer); }
  float* mutable_conv_window(size_t layer) {
    return base_->mutable_values() +
           layer * (layout_.conv_size + layout_.ssm_size);
  }
  float* mutable_ssm(size_t layer) {
    return mutable_conv_window(layer) + layout_.conv_size;
  }
  // Allocates the base if it is empty.
  void MakeBase();
  void MakeBaseMutable();

  // Puts the window of one layer at `position`, from the rows before it. In
  // the order base, position: the base has not been moved yet.
  void MoveConvWindow(size_t layer, size_t position);

  // `tokens` more were fed; the base is now at `base_position`.
  void Advance(size_t tokens, size_t base_position);
  // `tokens` more were decoded together, and may be taken back (Rewind): the
  // base stays where it was, and what Settle does with the tail has to have the
  // bits of as many decodes. Nothing of the tail is to be kept.
  void AdvanceDraft(size_t tokens);
  bool is_draft() const { return is_draft_; }

  // Takes the first `rows` of a block that begins at position(), on the grid,
  // as the tail. A whole one must be settled at once.
  void SetTail(std::shared_ptr<StateBlock> block, size_t rows);
  // The base was brought to position().
  void EndSettle() {
    is_draft_ = false;
    Advance(0, position_);
  }

 private:
  RecurrentLayout layout_;
  size_t position_ = 0;
  std::shared_ptr<RecurrentSnapshot> base_;  // null: zero, at position 0
  size_t base_position_ = 0;
  // Of the tokens from GridFloor(base_position_) on. A block is not complete
  // if the base was off the grid when it began.
  std::vector<std::shared_ptr<ReplayBlock>> tail_;
  bool tail_complete_ = true;
  bool is_draft_ = false;                    // the tail
  std::shared_ptr<ReplayBlock> last_whole_;  // null: not recorded
  std::vector<std::shared_ptr<StateBlock>> whole_blocks_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_RECURRENT_STATE_H_
