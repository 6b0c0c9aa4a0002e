// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_LAYERED_STATE_H_
#define KRAIT_ENGINE_STATE_LAYERED_STATE_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/model/hyperparameters.h"
#include "engine/state/kv_cache.h"
#include "engine/state/recurrent_state.h"
#include "engine/state/state.h"

namespace krait::engine {

// A state with a part for each kind of layers that its model has, in whatever
// memory these lie. Both stand at the same position between calls. `Recurrent`
// and `Kv` have functions of their own by the names of State's, for their part
// of what it says of them.
template <class Recurrent, class Kv>
class StateOfKinds : public State {
 public:
  void CopyFrom(const State& other) override {
    const auto& source = static_cast<const StateOfKinds&>(other);
    if (recurrent_) recurrent_->CopyFrom(*source.recurrent_);
    if (kv_) kv_->CopyFrom(*source.kv_);
    position_ = source.position_;
    whole_blocks_.clear();
  }

  void Reset() override { Restore(0, nullptr, {}); }

  void Restore(size_t position, std::shared_ptr<StateSnapshot> snapshot,
               std::span<const std::shared_ptr<StateBlock>> kv) override {
    if (recurrent_) recurrent_->Restore(position, std::move(snapshot));
    if (kv_) kv_->Restore(position, kv);
    position_ = position;
    whole_blocks_.clear();
  }

  bool CanRewind(size_t position) const override {
    return position <= position_ &&
           (!recurrent_ || recurrent_->CanRewind(position)) &&
           (!kv_ || kv_->CanRewind(position));
  }
  bool Rewind(size_t position) override {
    if (!CanRewind(position)) return false;
    if (recurrent_) recurrent_->Rewind(position);
    if (kv_) kv_->Rewind(position);
    MoveBack(position);
    return true;
  }

  std::shared_ptr<StateSnapshot> snapshot() const override {
    return recurrent_ ? recurrent_->snapshot() : nullptr;
  }
  BlockPieces last_block() const override {
    if (position_ == 0) return {};
    return {.log = recurrent_ ? recurrent_->last_block() : nullptr,
            .kv = kv_ ? kv_->last_block() : nullptr};
  }
  size_t bytes() const override {
    return (recurrent_ ? recurrent_->bytes() : 0) + (kv_ ? kv_->bytes() : 0);
  }

  // The state must be settled (Model::Settle).
  std::vector<StateTensor> Export() const override {
    std::vector<StateTensor> tensors;
    size_t recurrent = 0;
    size_t attention = 0;
    for (size_t i = 0; i < layers_.size(); ++i) {
      const size_t number = first_layer_ + i;
      if (layers_[i].IsRecurrent()) {
        recurrent_->Export(recurrent++, number, &tensors);
      }
      if (layers_[i].Has(MixerKind::kAttention)) {
        kv_->Export(attention++, number, &tensors);
      }
    }
    return tensors;
  }

  // For the forward pass ------------------------------------------------------

  // Null: the model has no such layers.
  Recurrent* recurrent() { return recurrent_ ? &*recurrent_ : nullptr; }
  Kv* kv() { return kv_ ? &*kv_ : nullptr; }

  // Goes on by the first `rows` tokens of a block that begins here, on the
  // grid. A whole one must be settled at once.
  void Append(const BlockPieces& block, size_t rows) {
    if (kv_) kv_->Append(block.kv, rows);
    if (recurrent_) recurrent_->SetTail(block.log, rows);
    position_ += rows;
  }
  // What the recurrent part has come to was brought to its position.
  void EndSettle() {
    recurrent_->EndSettle();
    Collect();
  }

 protected:
  explicit StateOfKinds(const Hyperparameters& hparams)
      : first_layer_(hparams.first_layer) {
    for (size_t layer = 0; layer < hparams.layers; ++layer) {
      layers_.push_back(hparams.KindOf(layer));
    }
  }

  // A fork, but for the whole blocks that nobody took.
  template <class Derived>
  static std::unique_ptr<State> CloneOf(const Derived& state) {
    auto copy = std::make_unique<Derived>(state);
    copy->whole_blocks_.clear();
    return copy;
  }

  // Puts together what both parts have of the blocks that became whole, of
  // which the last ones are of the same tokens.
  void Collect() {
    using Blocks = std::vector<std::shared_ptr<StateBlock>>;
    Blocks logs = recurrent_ ? recurrent_->TakeWholeBlocks() : Blocks{};
    Blocks kvs = kv_ ? kv_->TakeWholeBlocks() : Blocks{};
    const size_t count = std::max(logs.size(), kvs.size());
    for (size_t i = 0; i < count; ++i) {
      BlockPieces block;
      if (i + logs.size() >= count) {
        block.log = std::move(logs[i + logs.size() - count]);
      }
      if (i + kvs.size() >= count) {
        block.kv = std::move(kvs[i + kvs.size() - count]);
      }
      whole_blocks_.push_back(std::move(block));
    }
  }

  size_t first_layer_;
  std::vector<LayerKind> layers_;
  std::optional<Recurrent> recurrent_;
  std::optional<Kv> kv_;
};

// The state of layers that the processor runs, in its memory.
class LayeredState final : public StateOfKinds<RecurrentState, KvCache> {
 public:
  explicit LayeredState(const Hyperparameters& hparams);

  std::unique_ptr<State> Clone() const override { return CloneOf(*this); }

  // For the forward pass ------------------------------------------------------

  // Around a prefill of `tokens` tokens: makes room for what the layers record
  // of them, and takes it over.
  void BeginPrefill(size_t tokens);
  void EndPrefill(size_t tokens);
  // The same around a decode: of one token, or of several that may be taken
  // back (Rewind). The recurrent part is settled.
  void BeginDecode(size_t tokens);
  void EndDecode(size_t tokens);
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_LAYERED_STATE_H_
