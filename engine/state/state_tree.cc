// SPDX-License-Identifier: Apache-2.0
// Locating. A sequence can be resumed at a node of its path if what the layers
// need is there: for recurrent ones a snapshot at the node or at one before it,
// and from there on the log of each step; for attention the keys and values of
// each step since the beginning, or since what a sliding window still sees. The
// furthest such node wins; from it a tail, or the beginning of a block that
// other tokens follow, may lead some tokens further.

#include "engine/state/state_tree.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace krait::engine {
namespace {

// Tails of sequences that part from each other within one block.
constexpr size_t kTailsPerNode = 4;

size_t CommonPrefix(std::span<const TokenId> a, std::span<const TokenId> b) {
  const size_t shorter = std::min(a.size(), b.size());
  return static_cast<size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<ptrdiff_t>(shorter),
                    b.begin())
          .first -
      a.begin());
}

using Path = std::span<StateNode* const>;

// Returns the place in the path of the snapshot from which the log leads to
// `last`: 0 is the root, the empty sequence.
std::optional<size_t> FindSnapshot(Path path, size_t last) {
  size_t first = last;
  while (first > 0 && path[first]->snapshot == nullptr) {
    if (path[first]->block.log == nullptr) return std::nullopt;
    --first;
  }
  return first;
}

// Returns the place in the path after which there are keys and values of all
// that attention sees at `last`.
std::optional<size_t> FindFirstSeen(Path path, size_t last, size_t window) {
  const size_t enough =
      window == 0 ? path.size() * kBlockTokens : window + kBlockTokens;
  size_t first = last;
  while (first > 0 && (last - first) * kBlockTokens < enough) {
    if (path[first]->block.kv == nullptr) return std::nullopt;
    --first;
  }
  return first;
}

// Returns how to resume at the node `last` of the path, if that is possible.
std::optional<ResumePoint> PointAt(Path path, size_t last,
                                   const StateNeeds& needs) {
  size_t begin = 0;  // where replaying does
  if (needs.snapshot) {
    const auto snapshot = FindSnapshot(path, last);
    if (!snapshot) return std::nullopt;
    begin = *snapshot;
  }
  size_t seen = 0;
  if (needs.kv) {
    const auto first = FindFirstSeen(path, last, needs.window);
    if (!first) return std::nullopt;
    seen = *first;
  }
  ResumePoint point{.position = path[begin]->end,
                    .snapshot = path[begin]->snapshot};
  for (size_t i = 1; i <= last; ++i) {
    BlockPieces block = path[i]->block;
    if (i <= seen) block.kv = nullptr;  // the window has passed it
    if (i > begin) {
      point.blocks.push_back(std::move(block));
    } else if (needs.kv) {
      point.kv_before.push_back(std::move(block.kv));
    }
  }
  return point;
}

// Goes on from a node by less than a block.
void FindTail(const StateNode& node, std::span<const TokenId> rest,
              const StateNeeds& needs, ResumePoint* point) {
  const auto offer = [&](std::span<const TokenId> tokens,
                         const BlockPieces& block) {
    if (block.empty() || !needs.MetBy(block)) return;
    // A whole block is the business of the path; here is less than one.
    const size_t rows = std::min(CommonPrefix(tokens, rest), kBlockTokens - 1);
    if (rows <= point->tail_rows) return;
    point->tail_rows = rows;
    point->tail = block;
  };
  for (const auto& tail : node.tails) offer(tail.tokens, tail.block);
  for (const auto& child : node.children) offer(child->tokens, child->block);
}

// Returns whether the node itself leads nowhere.
bool PruneBelow(StateNode& node) {
  std::erase_if(node.children,
                [](const auto& child) { return PruneBelow(*child); });
  return node.children.empty() && node.tails.empty() &&
         node.snapshot == nullptr && node.block.empty();
}

}  // namespace

void AddOrigin(const StateOrigin& origin, std::vector<StateOrigin>* origins) {
  if (origin == nullptr) return;
  // By content: the pointers come from different calls.
  const bool known = std::ranges::any_of(
      *origins, [&](const StateOrigin& other) { return *other == *origin; });
  if (!known) origins->push_back(origin);
}

std::vector<StateNode*> StateTree::Path(std::span<const TokenId> tokens) const {
  std::vector<StateNode*> path = {root_.get()};
  while (tokens.size() >= kBlockTokens) {
    const auto step = tokens.first(kBlockTokens);
    const auto& children = path.back()->children;
    const auto child = std::ranges::find_if(children, [&](const auto& node) {
      return std::ranges::equal(node->tokens, step);
    });
    if (child == children.end()) break;
    path.push_back(child->get());
    tokens = tokens.subspan(kBlockTokens);
  }
  return path;
}

StateNode* StateTree::MakePath(std::span<const TokenId> tokens) {
  StateNode* node = Path(tokens).back();
  while (node->end + kBlockTokens <= tokens.size()) {
    auto child = std::make_unique<StateNode>();
    const auto step = tokens.subspan(node->end, kBlockTokens);
    child->parent = node;
    child->end = node->end + kBlockTokens;
    child->tokens.assign(step.begin(), step.end());
    std::erase_if(node->tails, [&](const StateNode::Tail& tail) {
      return CommonPrefix(tail.tokens, step) == tail.tokens.size();
    });
    node->children.push_back(std::move(child));
    node = node->children.back().get();
  }
  return node;
}

void StateTree::MarkPath(StateNode* last, const StateOrigin& origin) {
  for (StateNode* node = last; node->parent != nullptr; node = node->parent) {
    AddOrigin(origin, &node->origins);
  }
}

ResumePoint StateTree::Locate(std::span<const TokenId> tokens,
                              const StateNeeds& needs) const {
  const std::vector<StateNode*> path = Path(tokens);
  size_t last = path.size() - 1;
  std::optional<ResumePoint> point = PointAt(path, last, needs);
  while (!point) point = PointAt(path, --last, needs);  // the root always can
  FindTail(*path[last], tokens.subspan(point->end()), needs, &*point);
  return *std::move(point);
}

void StateTree::AddTail(StateNode& node, StateNode::Tail tail) {
  const auto& tokens = tail.tokens;
  for (auto old = node.tails.begin(); old != node.tails.end(); ++old) {
    const size_t common = CommonPrefix(old->tokens, tokens);
    if (common != std::min(old->tokens.size(), tokens.size())) continue;
    StateNode::Tail taken = std::move(*old);
    node.tails.erase(old);
    if (tokens.size() > taken.tokens.size()) taken.origins.clear();
    if (tokens.size() >= taken.tokens.size()) {
      taken.tokens = tokens;
      taken.block = std::move(tail.block);
    }
    for (const StateOrigin& origin : tail.origins) {
      AddOrigin(origin, &taken.origins);
    }
    taken.worth = tail.worth;
    node.tails.push_back(std::move(taken));
    return;
  }
  if (node.tails.size() == kTailsPerNode) node.tails.erase(node.tails.begin());
  node.tails.push_back(std::move(tail));
}

std::vector<TokenId> StateTree::TokensTo(const StateNode& node) {
  std::vector<TokenId> tokens(node.end);
  for (const StateNode* at = &node; at->parent != nullptr; at = at->parent) {
    std::ranges::copy(at->tokens,
                      tokens.begin() + static_cast<ptrdiff_t>(at->parent->end));
  }
  return tokens;
}

void StateTree::Prune() {
  PruneBelow(*root_);
}

}  // namespace krait::engine
