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
#include "engine/model/hyperparameters.h"
#include "engine/state/state.h"

namespace krait::engine {

// Whether a sequence that ends at `end` keeps a snapshot at `position`, on the
// grid: of the positions at a distance between d and 2 d two, on multiples of
// d / 2, so that those of a longer sequence are among those of a shorter one.
bool KeepsSnapshotAt(size_t position, size_t end);

// What a model needs to resume a sequence in the middle.
struct Resumption {
  explicit Resumption(const Hyperparameters& hparams);

  // Whether a snapshot stands for all tokens before it (Mamba-2). If not, all
  // blocks are needed (transformers), or those of a sliding window.
  bool snapshots;
  size_t window;  // 0: none
};

// How to get to a state that the store knows: restore, then replay.
struct ResumePoint {
  size_t position = 0;  // of the snapshot, on the grid
  std::shared_ptr<const StateSnapshot> snapshot = {};
  // Whole ones, from `position` on; null where a sliding window has passed.
  std::vector<std::shared_ptr<const StateBlock>> blocks = {};
  std::shared_ptr<const StateBlock> tail = {};
  size_t tail_rows = 0;

  // Tokens that need no computing.
  size_t end() const {
    return position + blocks.size() * kBlockTokens + tail_rows;
  }
};

// The file that a sequence was read from: an absolute path. Null: unknown.
using StateOrigin = std::shared_ptr<const std::string>;

// The states that are kept warm, for one model: a tree of token sequences in
// steps of the chunk grid, with snapshots and blocks at some nodes, and the
// unfinished blocks (tails) of the sequences that ended there. Every sequence
// that was ever fed can be resumed at the longest beginning that it has in
// common with what is kept.
//
// What to keep. Of one sequence: the snapshot nearest to its end, where the
// next tokens will come; behind it, at distances that grow geometrically, so
// that an edit d tokens back costs O(d) and a sequence O(log n) snapshots;
// checkpoints that the caller asked for; the last blocks, for steps back
// within them. Over all: within the budget, dropping what saves the fewest
// tokens per byte, and of these what was used longest ago (GreedyDual-Size,
// Cao and Irani 1997).
//
// Belongs to one thread at a time, with all states that share its pieces.
class StateStore {
 public:
  StateStore(Resumption resumption, size_t budget_bytes);
  ~StateStore();
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

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
  // Returns when what would be dropped first was used last; nothing if nothing
  // is held.
  using Clock = std::chrono::steady_clock;
  std::optional<Clock::time_point> LeastUse() const;
  // Makes room for others: drops about so much, as when the budget is exceeded.
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
  struct Node;
  struct Item;

  std::vector<const Node*> Path(std::span<const TokenId> tokens) const;
  Node* MakePath(std::span<const TokenId> tokens);
  ResumePoint Locate(std::span<const TokenId> tokens,
                     std::vector<const Node*>* path) const;
  void FindTail(const Node& node, std::span<const TokenId> rest,
                ResumePoint* point) const;
  void AddTail(Node& node, std::span<const TokenId> tokens, const State& state,
               const StateOrigin& origin);
  static void MarkPath(Node* last, const StateOrigin& origin);
  void Thin(Node* last, size_t end, std::span<const size_t> checkpoints);
  void Evict();
  // Evicts until no more than `wanted` of `held` bytes are left; returns what
  // is held then.
  size_t EvictTo(size_t wanted, size_t held);
  std::vector<Item> Items() const;
  template <class Visit>
  void ForEach(const Visit& visit) const;
  static bool Prune(Node& node);
  static std::vector<TokenId> TokensTo(const Node& node);

  Resumption resumption_;
  size_t budget_bytes_;
  std::unique_ptr<Node> root_;
  size_t at_most_held_ = 0;  // bytes; counted only when it matters
  double inflation_ = 0;     // worth of the item that was evicted last
  size_t inserted_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_STORE_H_
