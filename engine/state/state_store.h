// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_STORE_H_
#define KRAIT_ENGINE_STATE_STATE_STORE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/file/token.h"
#include "engine/state/resume_point.h"
#include "engine/state/state.h"
#include "engine/state/state_tree.h"
#include "engine/state/state_worth.h"

namespace krait::engine {

// The states that are kept warm, for one model: a tree of token sequences in
// steps of the chunk grid, with snapshots and blocks at some nodes, and the
// unfinished blocks (tails) of the sequences that ended there. Every sequence
// that was ever fed can be resumed at the longest beginning that it has in
// common with what is kept.
//
// What to keep. Of one sequence: the snapshot nearest to its end, where the
// next tokens will come; behind it, at distances that grow geometrically, so
// that an edit d tokens back costs O(d) and a sequence O(log n) snapshots;
// checkpoints that the caller asked for; the last blocks of the log, for steps
// back within them; the keys and values of all tokens. Over all: within the
// budget, dropping what saves the fewest tokens per byte, and of these what was
// used longest ago (StateWorth).
//
// Belongs to one thread at a time, with all states that share its pieces.
class StateStore {
 public:
  StateStore(const StateNeeds& needs, size_t budget_bytes)
      : needs_(needs), budget_bytes_(budget_bytes) {}

  // Returns the best point to resume `tokens` from; counts as a use of it.
  ResumePoint Find(std::span<const TokenId> tokens);

  // Returns how many of `tokens` Find would resume, without using anything.
  size_t CountKnown(std::span<const TokenId> tokens) const;

  // Takes what `state` has recorded: the blocks that became whole, and its
  // snapshot if `keep_snapshot`. The state has been fed the first position()
  // of `tokens` by prefills. What is kept of them is the origin's, too.
  void Add(std::span<const TokenId> tokens, State& state, bool keep_snapshot,
           const StateOrigin& origin = nullptr);

  // The sequence ends here for now: takes the tail, too, thins out what is
  // kept of the sequence, and makes room if the budget is exceeded. Snapshots
  // at the positions `checkpoints` (rounded down to the grid) are spared from
  // thinning, not from the budget.
  void Finish(std::span<const TokenId> tokens, State& state,
              std::span<const size_t> checkpoints,
              const StateOrigin& origin = nullptr);

  size_t budget_bytes() const { return budget_bytes_; }
  size_t held_bytes() const;
  // Of these, what lies in graphics cards' memory now.
  size_t device_bytes() const;
  // Returns when what would be dropped first was used last; nothing if nothing
  // is held.
  using Clock = StateNode::Clock;
  std::optional<Clock::time_point> LeastUse() const {
    return StateWorth::LeastUse(tree_);
  }
  // Makes room for others in the processor's memory: drops about so much of
  // what lies there, as when the budget is exceeded.
  void GiveBack(size_t bytes);
  size_t snapshots() const;
  size_t logged_tokens() const;

  // A sequence and how it can be resumed at its end, for writing it to disk.
  struct Sequence {
    std::vector<TokenId> tokens;
    ResumePoint point;
    double worth = 0;  // what was used last has the most
    size_t bytes = 0;  // of the point's pieces
    // The files that it was read from, as far as that is known.
    std::vector<std::string> origins = {};
  };
  // Returns the sequences that end somewhere in the tree, each once.
  std::vector<Sequence> Sequences() const;

  // Takes a sequence that a file brought.
  void Insert(const Sequence& sequence);
  // Returns how many were inserted: whether to look again.
  size_t inserted() const { return inserted_; }

  // Drops everything.
  void Clear();

 private:
  void AddTail(StateNode& node, std::span<const TokenId> tokens,
               const State& state, const StateOrigin& origin);
  void MakeRoom();

  StateNeeds needs_;
  size_t budget_bytes_;
  StateTree tree_;
  StateWorth worth_;
  size_t at_most_held_ = 0;  // bytes; counted only when it matters
  size_t inserted_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_STORE_H_
