// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_PARTED_STATE_H_
#define KRAIT_ENGINE_STATE_PARTED_STATE_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/model/hyperparameters.h"
#include "engine/state/state.h"
#include "engine/state/state_codec.h"

namespace krait::engine {

// How a model's state is divided: by ranges of its layers, from the first on.
// Immutable and thread-safe.
class StateParts {
 public:
  StateParts(const Hyperparameters& hparams,
             std::span<const LayerRange> ranges);

  size_t count() const { return codecs_.size(); }

  // What each part has of a piece of the whole, be that one which the parts
  // made or one from a file, of `rows` rows. Null where a part has none.
  std::vector<std::shared_ptr<StateSnapshot>> Split(
      const std::shared_ptr<StateSnapshot>& snapshot) const;
  std::vector<BlockPieces> Split(const BlockPieces& block, size_t rows) const;
  // The opposite; null where a part has such layers and no piece of them.
  std::shared_ptr<StateSnapshot> Join(
      std::vector<std::shared_ptr<StateSnapshot>> parts) const;
  BlockPieces Join(std::span<const BlockPieces> parts) const;

 private:
  std::vector<StateCodec> codecs_;
};

// The state of a model whose parts run in different places: the states of
// these, which all stand at the same position between calls. Its pieces are the
// parts' own, together: each stays where its part has it, and all of them give
// the values of the whole model's, layer after layer, as files have them.
class PartedState final : public State {
 public:
  // `parts` in the order of the layers, as many as `division` has.
  PartedState(std::shared_ptr<const StateParts> division,
              std::vector<std::unique_ptr<State>> parts)
      : division_(std::move(division)), parts_(std::move(parts)) {}

  std::unique_ptr<State> Clone() const override;
  void CopyFrom(const State& other) override;
  void Reset() override { Restore(0, nullptr, {}); }
  void Restore(size_t position, std::shared_ptr<StateSnapshot> snapshot,
               std::span<const std::shared_ptr<StateBlock>> kv) override;
  bool CanRewind(size_t position) const override;
  bool Rewind(size_t position) override;
  std::shared_ptr<StateSnapshot> snapshot() const override;
  BlockPieces last_block() const override;
  size_t bytes() const override;
  std::vector<StateTensor> Export() const override;

  // For the forward pass ------------------------------------------------------

  const StateParts& division() const { return *division_; }
  State& part(size_t i) { return *parts_[i]; }
  // All parts have moved to the same position.
  void Follow();

 private:
  std::shared_ptr<const StateParts> division_;
  std::vector<std::unique_ptr<State>> parts_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_PARTED_STATE_H_
