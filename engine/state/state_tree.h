// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_TREE_H_
#define KRAIT_ENGINE_STATE_STATE_TREE_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/file/token.h"
#include "engine/state/resume_point.h"
#include "engine/state/state.h"

namespace krait::engine {

// The file that a sequence was read from: an absolute path. Null: unknown.
using StateOrigin = std::shared_ptr<const std::string>;

// Adds an origin that is not there yet; they are compared by content.
void AddOrigin(const StateOrigin& origin, std::vector<StateOrigin>* origins);

// kBlockTokens tokens of all sequences that begin alike up to there.
struct StateNode {
  // Less than a block, after a node, of a sequence that ends there.
  struct Tail {
    std::vector<TokenId> tokens;
    BlockPieces block;
    double worth = 0;
    std::vector<StateOrigin> origins = {};
  };

  using Clock = std::chrono::steady_clock;

  StateNode* parent = nullptr;
  size_t end = 0;               // position after `tokens`
  std::vector<TokenId> tokens;  // kBlockTokens; none at the root
  std::vector<std::unique_ptr<StateNode>> children;
  std::shared_ptr<StateSnapshot> snapshot;  // at `end`
  BlockPieces block;                        // of `tokens`
  double snapshot_worth = 0;
  double log_worth = 0;
  double kv_worth = 0;
  std::vector<Tail> tails;  // the last used last
  std::vector<StateOrigin> origins;
  Clock::time_point last_use = Clock::now();
};

// Token sequences in steps of the grid, with the pieces of states that are
// known of them. It knows how to find and to add; what stays is not its
// business. Thread-compatible.
class StateTree {
 public:
  StateTree() : root_(std::make_unique<StateNode>()) {}

  StateNode* root() { return root_.get(); }

  // Returns the nodes along `tokens`, from the root as far as they are there.
  std::vector<StateNode*> Path(std::span<const TokenId> tokens) const;
  // Makes the nodes along `tokens` that are missing; returns the last.
  StateNode* MakePath(std::span<const TokenId> tokens);
  // The node and all before it are the origin's, too.
  static void MarkPath(StateNode* last, const StateOrigin& origin);

  // Returns the longest beginning of `tokens` that can be resumed.
  ResumePoint Locate(std::span<const TokenId> tokens,
                     const StateNeeds& needs) const;

  // Takes a tail behind a node: what goes on from a shorter one takes its
  // place; what another one holds already is only used again.
  static void AddTail(StateNode& node, StateNode::Tail tail);

  static std::vector<TokenId> TokensTo(const StateNode& node);

  // Removes what leads nowhere.
  void Prune();

  // Calls visit(node) for all nodes, the root included.
  template <class Visit>
  void ForEach(const Visit& visit) const {
    std::vector<StateNode*> stack = {root_.get()};
    while (!stack.empty()) {
      StateNode* node = stack.back();
      stack.pop_back();
      visit(*node);
      for (const auto& child : node->children) stack.push_back(child.get());
    }
  }

 private:
  std::unique_ptr<StateNode> root_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_TREE_H_
