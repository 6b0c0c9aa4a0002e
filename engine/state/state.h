// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_H_
#define KRAIT_ENGINE_STATE_STATE_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "simd/ssm.h"

namespace krait::engine {

// The chunk grid: states are cut into pieces at multiples of this many tokens
// of the absolute position. A prefill computes the same bits whether it comes
// from the empty sequence or goes on from pieces that an earlier one left.
inline constexpr size_t kBlockTokens = simd::kSsdMaxChunk;

inline size_t GridFloor(size_t position) {
  return position - position % kBlockTokens;
}

// A part of a state under the name and in the shape that the reference
// implementations use, for tests and `krait debug logits --state-out`.
struct StateTensor {
  std::string name;           // "layer.0.ssm_state"
  std::vector<size_t> shape;  // row-major, outermost first
  std::vector<float> values;
};

// What a model keeps of up to kBlockTokens consecutive tokens that begin on
// the grid. With it, the state after any of them follows from the state
// before the first without the weights: for Mamba-2 the inputs of the
// recurrence (a piece of the replay log), for transformers keys and values.
// Append-only: rows that were written never change, so that states, forks and
// stores share a block, each knowing how many of its rows it may read.
class StateBlock {
 public:
  virtual ~StateBlock() = default;
  virtual size_t bytes() const = 0;
  // Appends the first `rows` rows, for StateCodec::MakeBlock.
  virtual void AppendRows(size_t rows, std::vector<float>* values) const = 0;
};

// The part of a state that has a constant size, at a position on the grid.
// Transformers have none. Immutable once shared.
class StateSnapshot {
 public:
  virtual ~StateSnapshot() = default;
  virtual std::span<const float> values() const = 0;
  size_t bytes() const { return values().size_bytes(); }
};

// What a model remembers after a token sequence: a snapshot on the grid and a
// block of the tokens since (Mamba-2), or the blocks of all tokens (KV cache).
// Belongs to one thread at a time; so do all states that share pieces.
class State {
 public:
  virtual ~State() = default;

  // Returns a state that goes on by itself: a fork. Pieces are shared until
  // either of the two changes them, so it costs next to nothing.
  virtual std::unique_ptr<State> Clone() const = 0;

  // Becomes a copy of `other`, a state of the same model, in the memory that
  // this one has: for a state that is about to decode.
  virtual void CopyFrom(const State& other) = 0;

  // Back to the empty sequence.
  virtual void Reset() = 0;

  // Continues from `snapshot` (of a state of the same model) at `position`, on
  // the grid. For a transformer `snapshot` is null and only position 0 has a
  // meaning; Model::Replay brings the tokens before.
  virtual void Restore(size_t position,
                       std::shared_ptr<const StateSnapshot> snapshot) = 0;

  // The snapshot at GridFloor(position()); null where there is none.
  virtual std::shared_ptr<const StateSnapshot> snapshot() const = 0;

  // The block that holds the token before position(): a whole one on the grid.
  // Null at position 0, or if it was not recorded.
  virtual std::shared_ptr<const StateBlock> last_block() const = 0;

  // Takes the blocks that became whole since the last call, oldest first; the
  // last of them ends at GridFloor(position()).
  std::vector<std::shared_ptr<const StateBlock>> TakeWholeBlocks() {
    return std::move(whole_blocks_);
  }

  // Tokens seen since the empty sequence.
  size_t position() const { return position_; }

  // Memory held now, shared pieces included.
  virtual size_t bytes() const = 0;

  virtual std::vector<StateTensor> Export() const = 0;

 protected:
  size_t position_ = 0;
  std::vector<std::shared_ptr<const StateBlock>> whole_blocks_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_H_
