// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_store.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace krait::engine {
namespace {

// Of the budget, what is left after making room: so that it is not made again
// with the next token.
constexpr double kFillAfterEviction = 0.9;

std::vector<std::string> NamesOf(const std::vector<StateOrigin>& origins) {
  std::vector<std::string> names;
  for (const StateOrigin& origin : origins) names.push_back(*origin);
  return names;
}

}  // namespace

ResumePoint StateStore::Find(std::span<const TokenId> tokens) {
  return tree_.Locate(tokens, needs_);
}

size_t StateStore::CountKnown(std::span<const TokenId> tokens) const {
  return tree_.Locate(tokens, needs_).end();
}

// Adding ----------------------------------------------------------------------

void StateStore::Add(std::span<const TokenId> tokens, State& state,
                     bool keep_snapshot, const StateOrigin& origin) {
  assert(state.position() <= tokens.size());
  const size_t grid = GridFloor(state.position());
  StateNode* const last = tree_.MakePath(tokens.first(grid));
  StateTree::MarkPath(last, origin);
  auto blocks = state.TakeWholeBlocks();
  for (StateNode* node = last; !blocks.empty() && node->parent != nullptr;
       node = node->parent) {
    BlockPieces& block = blocks.back();
    at_most_held_ += block.bytes();
    if (block.log != nullptr) {
      node->block.log = std::move(block.log);
      node->log_worth = worth_.least();
    }
    if (block.kv != nullptr) {
      node->block.kv = std::move(block.kv);
      node->kv_worth = worth_.least();
    }
    blocks.pop_back();
  }
  if (!keep_snapshot || last == tree_.root()) return;
  if (last->snapshot == nullptr) last->snapshot = state.snapshot();
  if (last->snapshot == nullptr) return;
  last->snapshot_worth = worth_.least();
  at_most_held_ += last->snapshot->bytes();
}

void StateStore::AddTail(StateNode& node, std::span<const TokenId> tokens,
                         const State& state, const StateOrigin& origin) {
  if (tokens.empty()) return;
  StateNode::Tail tail{.tokens = {tokens.begin(), tokens.end()},
                       .block = state.last_block()};
  if (tail.block.empty() || !needs_.MetBy(tail.block)) return;
  const size_t bytes = tail.block.bytes();
  at_most_held_ += bytes;
  tail.worth = worth_.Of(tokens.size(), bytes);
  AddOrigin(origin, &tail.origins);
  StateTree::AddTail(node, std::move(tail));
}

void StateStore::Finish(std::span<const TokenId> tokens, State& state,
                        std::span<const size_t> checkpoints,
                        const StateOrigin& origin) {
  Add(tokens, state, /*keep_snapshot=*/true, origin);
  const size_t end = state.position();
  const size_t grid = GridFloor(end);
  StateNode* last = tree_.MakePath(tokens.first(grid));
  AddTail(*last, tokens.subspan(grid, end - grid), state, origin);
  worth_.Thin(last, end, checkpoints);
  MakeRoom();
}

void StateStore::Insert(const Sequence& sequence) {
  const ResumePoint& point = sequence.point;
  const std::span<const TokenId> tokens = sequence.tokens;
  // Puts a piece where there is none yet.
  const auto put = [&](const auto& piece, auto* place, double* worth) {
    if (piece == nullptr || *place != nullptr) return;
    *place = piece;
    *worth = worth_.Of(tokens.size(), piece->bytes());
    at_most_held_ += piece->bytes();
  };
  std::vector<StateOrigin> origins;
  for (const std::string& name : sequence.origins) {
    origins.push_back(std::make_shared<const std::string>(name));
  }
  ++inserted_;
  StateNode* node = tree_.MakePath(tokens.first(point.end() - point.tail_rows));
  node->last_use = Clock::now();
  for (const StateOrigin& origin : origins) StateTree::MarkPath(node, origin);
  if (!point.tail.empty()) {
    const auto rest = tokens.subspan(node->end, point.tail_rows);
    const size_t bytes = point.tail.bytes();
    at_most_held_ += bytes;
    node->tails.push_back({.tokens = {rest.begin(), rest.end()},
                           .block = point.tail,
                           .worth = worth_.Of(tokens.size(), bytes),
                           .origins = origins});
  }
  for (size_t i = point.blocks.size(); i-- > 0; node = node->parent) {
    put(point.blocks[i].log, &node->block.log, &node->log_worth);
    put(point.blocks[i].kv, &node->block.kv, &node->kv_worth);
  }
  put(point.snapshot, &node->snapshot, &node->snapshot_worth);
  for (size_t i = point.kv_before.size(); i-- > 0; node = node->parent) {
    put(point.kv_before[i], &node->block.kv, &node->kv_worth);
  }
  MakeRoom();
}

void StateStore::Clear() {
  tree_ = StateTree();
  at_most_held_ = 0;
}

void StateStore::MakeRoom() {
  if (at_most_held_ <= budget_bytes_) return;
  size_t held = held_bytes();
  if (held > budget_bytes_) {
    held = worth_.Evict(tree_, held,
                        static_cast<size_t>(static_cast<double>(budget_bytes_) *
                                            kFillAfterEviction));
  }
  at_most_held_ = held;
}

void StateStore::GiveBack(size_t bytes) {
  worth_.GiveBack(tree_, bytes);
  at_most_held_ = held_bytes();
}

// Looking ---------------------------------------------------------------------

size_t StateStore::held_bytes() const {
  size_t bytes = 0;
  tree_.ForEach([&](const StateNode& node) {
    if (node.snapshot != nullptr) bytes += node.snapshot->bytes();
    bytes += node.block.bytes();
    for (const auto& tail : node.tails) bytes += tail.block.bytes();
  });
  return bytes;
}

size_t StateStore::device_bytes() const {
  size_t bytes = 0;
  tree_.ForEach([&](const StateNode& node) {
    if (node.snapshot != nullptr) bytes += node.snapshot->device_bytes();
    bytes += node.block.device_bytes();
    for (const auto& tail : node.tails) bytes += tail.block.device_bytes();
  });
  return bytes;
}

size_t StateStore::snapshots() const {
  size_t count = 0;
  tree_.ForEach(
      [&](const StateNode& node) { count += node.snapshot != nullptr; });
  return count;
}

size_t StateStore::logged_tokens() const {
  size_t count = 0;
  tree_.ForEach([&](const StateNode& node) {
    if (!node.block.empty()) count += kBlockTokens;
    for (const auto& tail : node.tails) count += tail.tokens.size();
  });
  return count;
}

std::vector<StateStore::Sequence> StateStore::Sequences() const {
  std::vector<Sequence> sequences;
  const auto add = [&](std::vector<TokenId> tokens, double worth,
                       const std::vector<StateOrigin>& origins) {
    ResumePoint point = tree_.Locate(tokens, needs_);
    if (point.end() == 0) return;
    tokens.resize(point.end());
    const size_t bytes = point.bytes();
    sequences.push_back({.tokens = std::move(tokens),
                         .point = std::move(point),
                         .worth = worth,
                         .bytes = bytes,
                         .origins = NamesOf(origins)});
  };
  tree_.ForEach([&](const StateNode& node) {
    for (const StateNode::Tail& tail : node.tails) {
      std::vector<TokenId> tokens = StateTree::TokensTo(node);
      tokens.insert(tokens.end(), tail.tokens.begin(), tail.tokens.end());
      add(std::move(tokens), tail.worth, tail.origins);
    }
    if (node.tails.empty() && node.children.empty()) {
      add(StateTree::TokensTo(node),
          std::max({node.snapshot_worth, node.log_worth, node.kv_worth}),
          node.origins);
    }
  });
  return sequences;
}

}  // namespace krait::engine
