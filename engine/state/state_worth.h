// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_WORTH_H_
#define KRAIT_ENGINE_STATE_STATE_WORTH_H_

#include <cstddef>
#include <optional>
#include <span>

#include "engine/state/state_tree.h"

namespace krait::engine {

// Whether a sequence that ends at `end` keeps a snapshot at `position`, on the
// grid: of the positions at a distance between d and 2 d two, on multiples of
// d / 2, so that those of a longer sequence are among those of a shorter one.
bool KeepsSnapshotAt(size_t position, size_t end);

// What the pieces of a tree are worth, and which of them go when the budget is
// exceeded: those that save the fewest tokens per byte, and of these those that
// were used longest ago (GreedyDual-Size, Cao and Irani 1997).
class StateWorth {
 public:
  // What was just used and saves nothing by itself.
  double least() const { return inflation_; }
  // What was just used, of `bytes`, and saves `tokens`.
  double Of(size_t tokens, size_t bytes) const;

  // Thins out the pieces of the sequence that ends behind the node `last`, at
  // `end`, and says what those that stay are worth now. Snapshots at the
  // checkpoints (rounded down to the grid) stay.
  void Thin(StateNode* last, size_t end,
            std::span<const size_t> checkpoints) const;

  // Returns when what Evict would drop first was used last; nothing if the tree
  // holds nothing.
  static std::optional<StateNode::Clock::time_point> LeastUse(
      const StateTree& tree);

  // Drops pieces until the tree, which holds `held` bytes, holds at most
  // `wanted`; returns what it holds then.
  size_t Evict(StateTree& tree, size_t held, size_t wanted);
  // Drops pieces, or all, that have `bytes` in the processor's memory.
  void GiveBack(StateTree& tree, size_t bytes);

 private:
  // Drops pieces, of which bytes_of(piece) count, until there are `bytes` of
  // them; returns how many there were.
  template <class BytesOf>
  size_t DropBytes(StateTree& tree, size_t bytes, const BytesOf& bytes_of);
  void ThinBlock(StateNode& node, size_t end) const;
  void ValueSnapshots(std::span<StateNode* const> kept, size_t end) const;

  double inflation_ = 0;  // worth of the piece that was dropped last
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_WORTH_H_
