// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_H_
#define KRAIT_ENGINE_STATE_STATE_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace krait::engine {

// The grid: states are cut into pieces at multiples of this many tokens of the
// absolute position. A prefill computes the same bits whether it comes from the
// empty sequence or goes on from pieces that an earlier one left.
inline constexpr size_t kBlockTokens = 64;

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

// What one kind of a model's layers keeps of up to kBlockTokens consecutive
// tokens that begin on the grid. Append-only: rows that were written never
// change, so that states, forks and stores share a block, each knowing how many
// of its rows it may read.
class StateBlock {
 public:
  virtual ~StateBlock() = default;
  virtual size_t bytes() const = 0;
  // Of these, those that lie in a graphics card's memory now.
  virtual size_t device_bytes() const { return 0; }
  // Appends the first `rows` rows, as StateCodec takes them.
  virtual void AppendRows(size_t rows, std::vector<float>* values) const = 0;
};

// What all of its layers keep of the same tokens. With it, the state after any
// of them follows from the state before the first without the weights. Null:
// the model has no such layers, or it is not known.
struct BlockPieces {
  bool empty() const { return log == nullptr && kv == nullptr; }
  size_t bytes() const {
    return (log == nullptr ? 0 : log->bytes()) +
           (kv == nullptr ? 0 : kv->bytes());
  }
  size_t device_bytes() const {
    return (log == nullptr ? 0 : log->device_bytes()) +
           (kv == nullptr ? 0 : kv->device_bytes());
  }

  // Recurrent layers: the inputs of the recurrence, a piece of the replay log.
  std::shared_ptr<StateBlock> log = {};
  // Attention: keys and values.
  std::shared_ptr<StateBlock> kv = {};
};

// The part of a state that has a constant size, at a position on the grid: that
// of recurrent layers. Immutable once shared.
class StateSnapshot {
 public:
  virtual ~StateSnapshot() = default;
  virtual std::span<const float> values() const = 0;
  virtual size_t bytes() const { return values().size_bytes(); }
  virtual size_t device_bytes() const { return 0; }  // see StateBlock
};

// What a model remembers after a token sequence: of recurrent layers a snapshot
// on the grid and the log since, of attention the keys and values of all
// tokens. Belongs to one thread at a time; so do all states that share pieces.
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

  // Continues at `position`, on the grid, from pieces of a state of the same
  // model: `snapshot` (null at 0, and without recurrent layers) and in `kv`
  // what attention keeps of the tokens before, a block each (null where a
  // sliding window has passed; none without attention). Without recurrent
  // layers only position 0 has a meaning; Model::Replay brings the tokens
  // after.
  virtual void Restore(size_t position, std::shared_ptr<StateSnapshot> snapshot,
                       std::span<const std::shared_ptr<StateBlock>> kv) = 0;

  // Whether all that going back to `position` takes is still recorded: the log
  // since the snapshot, and what a sliding window sees.
  virtual bool CanRewind(size_t position) const = 0;
  // Goes back there, if it can. Else returns false and changes nothing.
  virtual bool Rewind(size_t position) = 0;

  // The snapshot at GridFloor(position()); null where there is none.
  virtual std::shared_ptr<StateSnapshot> snapshot() const = 0;

  // What is kept of the token before position() and those before it in its
  // block: a whole one on the grid. Empty at position 0; null where it was not
  // recorded.
  virtual BlockPieces last_block() const = 0;

  // Takes the blocks that became whole since the last call, oldest first; the
  // last of them ends at GridFloor(position()).
  std::vector<BlockPieces> TakeWholeBlocks() {
    return std::exchange(whole_blocks_, {});
  }

  // Tokens seen since the empty sequence.
  size_t position() const { return position_; }

  // Memory held now, shared pieces included.
  virtual size_t bytes() const = 0;

  virtual std::vector<StateTensor> Export() const = 0;

 protected:
  // Goes back to `position`, with the blocks that became whole before it.
  void MoveBack(size_t position) {
    const size_t dropped = GridFloor(position_) / kBlockTokens -
                           GridFloor(position) / kBlockTokens;
    whole_blocks_.resize(whole_blocks_.size() -
                         std::min(dropped, whole_blocks_.size()));
    position_ = position;
  }

  size_t position_ = 0;
  std::vector<BlockPieces> whole_blocks_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_H_
