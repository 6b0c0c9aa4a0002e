// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_store.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace krait::engine {
namespace {

// Blocks that are kept behind the end of a sequence, for steps back. As many
// as hold what is typed in a minute; each is about the size of a snapshot.
constexpr size_t kLoggedBlocks = 2;

// Tails of sequences that part from each other within one block.
constexpr size_t kTailsPerNode = 4;

// Of the budget, what is left after making room: so that it is not made again
// with the next token.
constexpr double kFillAfterEviction = 0.9;

size_t CommonPrefix(std::span<const TokenId> a, std::span<const TokenId> b) {
  const size_t shorter = std::min(a.size(), b.size());
  return static_cast<size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<ptrdiff_t>(shorter),
                    b.begin())
          .first -
      a.begin());
}

// Compares by content: the pointers come from different calls.
void AddOrigin(const StateOrigin& origin, std::vector<StateOrigin>* origins) {
  if (origin == nullptr) return;
  const bool known = std::ranges::any_of(
      *origins, [&](const StateOrigin& other) { return *other == *origin; });
  if (!known) origins->push_back(origin);
}

std::vector<std::string> NamesOf(const std::vector<StateOrigin>& origins) {
  std::vector<std::string> names;
  for (const StateOrigin& origin : origins) names.push_back(*origin);
  return names;
}

size_t BytesOf(const ResumePoint& point) {
  size_t bytes = point.snapshot == nullptr ? 0 : point.snapshot->bytes();
  for (const auto& block : point.blocks) {
    if (block != nullptr) bytes += block->bytes();
  }
  return point.tail == nullptr ? bytes : bytes + point.tail->bytes();
}

}  // namespace

bool KeepsSnapshotAt(size_t position, size_t end) {
  const auto octave = std::bit_width((end - position) / kBlockTokens);
  const size_t spacing = octave < 2 ? 1 : size_t{1} << (octave - 2);
  return position / kBlockTokens % spacing == 0;
}

Resumption::Resumption(const Hyperparameters& hparams)
    : snapshots(hparams.architecture == Architecture::kMamba2),
      window(hparams.architecture == Architecture::kLlama
                 ? hparams.llama.sliding_window
                 : 0) {}

struct StateStore::Node {
  struct Tail {
    std::vector<TokenId> tokens;
    std::shared_ptr<const StateBlock> block;
    double worth = 0;
    std::vector<StateOrigin> origins = {};
  };

  std::span<const TokenId> Tokens() const { return tokens; }

  Node* parent = nullptr;
  size_t end = 0;               // position after `tokens`
  std::vector<TokenId> tokens;  // kBlockTokens; none at the root
  std::vector<std::unique_ptr<Node>> children;
  std::shared_ptr<const StateSnapshot> snapshot;  // at `end`
  std::shared_ptr<const StateBlock> block;        // of `tokens`
  double snapshot_worth = 0;
  double block_worth = 0;
  std::vector<Tail> tails;  // the last used last
  std::vector<StateOrigin> origins;
  Clock::time_point last_use = Clock::now();
};

// Something that can be evicted.
struct StateStore::Item {
  enum class Kind : uint8_t { kSnapshot, kBlock, kTail };
  Node* node;
  Kind kind;
  size_t tail;  // index, if kTail
  double worth;
  size_t bytes;

  // Of equal worth what was used longest ago is first, and of one sequence the
  // later positions: a transformer's blocks are of use only with all before
  // them.
  bool operator<(const Item& other) const {
    if (worth != other.worth) return worth < other.worth;
    if (node->last_use != other.node->last_use) {
      return node->last_use < other.node->last_use;
    }
    return node->end > other.node->end;
  }
};

StateStore::StateStore(Resumption resumption, size_t budget_bytes)
    : resumption_(resumption),
      budget_bytes_(budget_bytes),
      root_(std::make_unique<Node>()) {}

StateStore::~StateStore() = default;

// Finding ---------------------------------------------------------------------

std::vector<const StateStore::Node*> StateStore::Path(
    std::span<const TokenId> tokens) const {
  std::vector<const Node*> path = {root_.get()};
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

void StateStore::FindTail(const Node& node, std::span<const TokenId> rest,
                          ResumePoint* point) const {
  const auto offer = [&](std::span<const TokenId> tokens,
                         const std::shared_ptr<const StateBlock>& block) {
    if (block == nullptr) return;
    // A whole block is the business of the path; here is less than one.
    const size_t rows = std::min(CommonPrefix(tokens, rest), kBlockTokens - 1);
    if (rows <= point->tail_rows) return;
    point->tail_rows = rows;
    point->tail = block;
  };
  for (const auto& tail : node.tails) offer(tail.tokens, tail.block);
  for (const auto& child : node.children) offer(child->tokens, child->block);
}

ResumePoint StateStore::Locate(std::span<const TokenId> tokens,
                               std::vector<const Node*>* path) const {
  *path = Path(tokens);
  // How far back the blocks before a node are there without a gap.
  const size_t enough = resumption_.window == 0
                            ? tokens.size()
                            : resumption_.window + kBlockTokens;
  ResumePoint point;
  for (size_t last = path->size(); last-- > 0;) {
    size_t first = last;  // the node after which blocks begin
    const auto can_begin = [&](size_t i) {
      return i == 0 ||
             (resumption_.snapshots ? (*path)[i]->snapshot != nullptr
                                    : (last - i) * kBlockTokens >= enough);
    };
    while (!can_begin(first) && (*path)[first]->block != nullptr) --first;
    if (!can_begin(first)) continue;
    point.position = resumption_.snapshots ? (*path)[first]->end : 0;
    point.snapshot = (*path)[first]->snapshot;
    if (!resumption_.snapshots) point.blocks.resize(first);  // passed
    for (size_t i = first + 1; i <= last; ++i) {
      point.blocks.push_back((*path)[i]->block);
    }
    path->resize(last + 1);
    break;
  }
  FindTail(*path->back(), tokens.subspan(point.end()), &point);
  return point;
}

ResumePoint StateStore::Find(std::span<const TokenId> tokens) {
  std::vector<const Node*> path;
  return Locate(tokens, &path);
}

size_t StateStore::CountKnown(std::span<const TokenId> tokens) const {
  std::vector<const Node*> path;
  return Locate(tokens, &path).end();
}

// Adding ----------------------------------------------------------------------

StateStore::Node* StateStore::MakePath(std::span<const TokenId> tokens) {
  // The nodes are this store's own.
  auto* node = const_cast<Node*>(Path(tokens).back());
  while (node->end + kBlockTokens <= tokens.size()) {
    auto child = std::make_unique<Node>();
    const auto step = tokens.subspan(node->end, kBlockTokens);
    child->parent = node;
    child->end = node->end + kBlockTokens;
    child->tokens.assign(step.begin(), step.end());
    std::erase_if(node->tails, [&](const Node::Tail& tail) {
      return CommonPrefix(tail.tokens, step) == tail.tokens.size();
    });
    node->children.push_back(std::move(child));
    node = node->children.back().get();
  }
  return node;
}

void StateStore::MarkPath(Node* last, const StateOrigin& origin) {
  for (Node* node = last; node->parent != nullptr; node = node->parent) {
    AddOrigin(origin, &node->origins);
  }
}

void StateStore::Add(std::span<const TokenId> tokens, State& state,
                     bool keep_snapshot, const StateOrigin& origin) {
  assert(state.position() <= tokens.size());
  const size_t grid = GridFloor(state.position());
  Node* const last = MakePath(tokens.first(grid));
  MarkPath(last, origin);
  auto blocks = state.TakeWholeBlocks();
  for (Node* node = last; !blocks.empty() && node->parent != nullptr;
       node = node->parent) {
    node->block = std::move(blocks.back());
    at_most_held_ += node->block->bytes();
    node->block_worth = inflation_;
    blocks.pop_back();
  }
  if (!keep_snapshot || last == root_.get()) return;
  if (last->snapshot == nullptr) last->snapshot = state.snapshot();
  if (last->snapshot == nullptr) return;
  last->snapshot_worth = inflation_;
  at_most_held_ += last->snapshot->bytes();
}

void StateStore::AddTail(Node& node, std::span<const TokenId> tokens,
                         const State& state, const StateOrigin& origin) {
  if (tokens.empty()) return;
  auto block = state.last_block();
  if (block == nullptr) return;
  at_most_held_ += block->bytes();
  const double worth =
      inflation_ + static_cast<double>(tokens.size()) /
                       static_cast<double>(std::max<size_t>(block->bytes(), 1));
  // What goes on from a shorter tail takes its place; what another one holds
  // already is only used again.
  for (auto tail = node.tails.begin(); tail != node.tails.end(); ++tail) {
    const size_t common = CommonPrefix(tail->tokens, tokens);
    if (common != std::min(tail->tokens.size(), tokens.size())) continue;
    Node::Tail taken = std::move(*tail);
    node.tails.erase(tail);
    if (tokens.size() > taken.tokens.size()) taken.origins.clear();
    if (tokens.size() >= taken.tokens.size()) {
      taken.tokens.assign(tokens.begin(), tokens.end());
      taken.block = std::move(block);
    }
    AddOrigin(origin, &taken.origins);
    taken.worth = worth;
    node.tails.push_back(std::move(taken));
    return;
  }
  if (node.tails.size() == kTailsPerNode) node.tails.erase(node.tails.begin());
  node.tails.push_back(
      {{tokens.begin(), tokens.end()}, std::move(block), worth});
  AddOrigin(origin, &node.tails.back().origins);
}

void StateStore::Finish(std::span<const TokenId> tokens, State& state,
                        std::span<const size_t> checkpoints,
                        const StateOrigin& origin) {
  Add(tokens, state, /*keep_snapshot=*/true, origin);
  const size_t end = state.position();
  const size_t grid = GridFloor(end);
  Node* last = MakePath(tokens.first(grid));
  AddTail(*last, tokens.subspan(grid, end - grid), state, origin);
  Thin(last, end, checkpoints);
  Evict();
}

void StateStore::Insert(const Sequence& sequence) {
  const ResumePoint& point = sequence.point;
  const std::span<const TokenId> tokens = sequence.tokens;
  const auto worth = [&](size_t bytes) {
    return inflation_ + static_cast<double>(tokens.size()) /
                            static_cast<double>(std::max<size_t>(bytes, 1));
  };
  std::vector<StateOrigin> origins;
  for (const std::string& name : sequence.origins) {
    origins.push_back(std::make_shared<const std::string>(name));
  }
  ++inserted_;
  Node* node = MakePath(tokens.first(point.end() - point.tail_rows));
  node->last_use = Clock::now();
  for (const StateOrigin& origin : origins) MarkPath(node, origin);
  if (point.tail != nullptr) {
    const auto rest = tokens.subspan(node->end, point.tail_rows);
    at_most_held_ += point.tail->bytes();
    node->tails.push_back({{rest.begin(), rest.end()},
                           point.tail,
                           worth(point.tail->bytes()),
                           origins});
  }
  for (size_t i = point.blocks.size(); i-- > 0; node = node->parent) {
    if (node->block != nullptr || point.blocks[i] == nullptr) continue;
    node->block = point.blocks[i];
    node->block_worth = worth(node->block->bytes());
    at_most_held_ += node->block->bytes();
  }
  if (point.snapshot != nullptr && node->snapshot == nullptr) {
    node->snapshot = point.snapshot;
    node->snapshot_worth = worth(node->snapshot->bytes());
    at_most_held_ += node->snapshot->bytes();
  }
  Evict();
}

void StateStore::Clear() {
  root_ = std::make_unique<Node>();
  at_most_held_ = 0;
}

// Keeping ---------------------------------------------------------------------

void StateStore::Thin(Node* last, size_t end,
                      std::span<const size_t> checkpoints) {
  const auto is_checkpoint = [&](size_t position) {
    return std::ranges::any_of(checkpoints, [&](size_t checkpoint) {
      return GridFloor(checkpoint) == position;
    });
  };
  Node* newer = nullptr;  // the last snapshot that was kept
  const auto now = Clock::now();
  last->last_use = now;  // with a tail the root, too
  for (Node* node = last; node->parent != nullptr; node = node->parent) {
    node->last_use = now;
    const size_t steps = (end - node->end) / kBlockTokens;
    const bool near = steps < kLoggedBlocks;
    // Blocks are a transformer's only memory.
    if (resumption_.snapshots && !near && node->children.size() < 2) {
      node->block = nullptr;
    }
    if (node->block != nullptr) {
      node->block_worth =
          inflation_ + (resumption_.snapshots
                            ? static_cast<double>(kBlockTokens)
                            : static_cast<double>(end)) /
                           static_cast<double>(node->block->bytes());
    }
    if (node->snapshot == nullptr) continue;
    const bool spared = KeepsSnapshotAt(node->end, end) ||
                        node->children.size() > 1 || is_checkpoint(node->end);
    if (!spared) {
      node->snapshot = nullptr;
      continue;
    }
    // The newest saves the whole prompt at the next keystroke; the ones
    // before it save the way from the one before, and are wanted less the
    // further away they are.
    const auto bytes = static_cast<double>(node->snapshot->bytes());
    if (newer == nullptr) {
      node->snapshot_worth =
          inflation_ + static_cast<double>(node->end) / bytes;
    } else {
      newer->snapshot_worth =
          newer->snapshot_worth +
          static_cast<double>(newer->end - node->end) / bytes /
              static_cast<double>(std::bit_width(steps) + 1);
      node->snapshot_worth = inflation_;
    }
    newer = node;
  }
  if (newer != nullptr) {
    newer->snapshot_worth +=
        static_cast<double>(newer->end) /
        static_cast<double>(newer->snapshot->bytes()) /
        static_cast<double>(std::bit_width((end - newer->end) / kBlockTokens) +
                            1);
  }
}

template <class Visit>
void StateStore::ForEach(const Visit& visit) const {
  std::vector<Node*> stack = {root_.get()};
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    visit(*node);
    for (const auto& child : node->children) stack.push_back(child.get());
  }
}

std::vector<StateStore::Item> StateStore::Items() const {
  std::vector<Item> items;
  ForEach([&](Node& node) {
    if (node.snapshot != nullptr) {
      items.push_back({&node, Item::Kind::kSnapshot, 0, node.snapshot_worth,
                       node.snapshot->bytes()});
    }
    if (node.block != nullptr) {
      items.push_back({&node, Item::Kind::kBlock, 0, node.block_worth,
                       node.block->bytes()});
    }
    for (size_t i = 0; i < node.tails.size(); ++i) {
      items.push_back({&node, Item::Kind::kTail, i, node.tails[i].worth,
                       node.tails[i].block->bytes()});
    }
  });
  return items;
}

void StateStore::Evict() {
  if (at_most_held_ <= budget_bytes_) return;
  size_t held = held_bytes();
  if (held > budget_bytes_) {
    held = EvictTo(static_cast<size_t>(static_cast<double>(budget_bytes_) *
                                       kFillAfterEviction),
                   held);
  }
  at_most_held_ = held;
}

void StateStore::GiveBack(size_t bytes) {
  const size_t held = held_bytes();
  at_most_held_ = EvictTo(held - std::min(held, bytes), held);
}

std::optional<StateStore::Clock::time_point> StateStore::LeastUse() const {
  const std::vector<Item> items = Items();
  const auto least = std::min_element(items.begin(), items.end());
  if (least == items.end()) return std::nullopt;
  return least->node->last_use;
}

size_t StateStore::EvictTo(size_t wanted, size_t held) {
  std::vector<Item> items = Items();
  std::sort(items.begin(), items.end());
  for (const Item& item : items) {
    if (held <= wanted) break;
    held -= item.bytes;
    inflation_ = std::max(inflation_, item.worth);
    switch (item.kind) {
      case Item::Kind::kSnapshot:
        item.node->snapshot = nullptr;
        break;
      case Item::Kind::kBlock:
        item.node->block = nullptr;
        break;
      case Item::Kind::kTail:
        item.node->tails[item.tail].block = nullptr;
        break;
    }
  }
  ForEach([](Node& node) {
    std::erase_if(node.tails,
                  [](const auto& tail) { return tail.block == nullptr; });
  });
  Prune(*root_);
  return held;
}

// Removes what leads nowhere; returns whether the node itself does.
bool StateStore::Prune(Node& node) {
  std::erase_if(node.children, [](const auto& child) { return Prune(*child); });
  return node.children.empty() && node.tails.empty() &&
         node.snapshot == nullptr && node.block == nullptr;
}

// Looking ---------------------------------------------------------------------

size_t StateStore::held_bytes() const {
  size_t bytes = 0;
  ForEach([&](const Node& node) {
    if (node.snapshot != nullptr) bytes += node.snapshot->bytes();
    if (node.block != nullptr) bytes += node.block->bytes();
    for (const auto& tail : node.tails) bytes += tail.block->bytes();
  });
  return bytes;
}

size_t StateStore::snapshots() const {
  size_t count = 0;
  ForEach([&](const Node& node) { count += node.snapshot != nullptr; });
  return count;
}

size_t StateStore::logged_tokens() const {
  size_t count = 0;
  ForEach([&](const Node& node) {
    if (node.block != nullptr) count += kBlockTokens;
    for (const auto& tail : node.tails) count += tail.tokens.size();
  });
  return count;
}

std::vector<TokenId> StateStore::TokensTo(const Node& node) {
  std::vector<TokenId> tokens(node.end);
  for (const Node* at = &node; at->parent != nullptr; at = at->parent) {
    std::ranges::copy(at->tokens,
                      tokens.begin() + static_cast<ptrdiff_t>(at->parent->end));
  }
  return tokens;
}

std::vector<StateStore::Sequence> StateStore::Sequences() const {
  std::vector<Sequence> sequences;
  const auto add = [&](std::vector<TokenId> tokens, double worth,
                       const std::vector<StateOrigin>& origins) {
    std::vector<const Node*> path;
    ResumePoint point = Locate(tokens, &path);
    if (point.end() == 0) return;
    tokens.resize(point.end());
    const size_t bytes = BytesOf(point);
    sequences.push_back({.tokens = std::move(tokens),
                         .point = std::move(point),
                         .worth = worth,
                         .bytes = bytes,
                         .origins = NamesOf(origins)});
  };
  ForEach([&](const Node& node) {
    for (const Node::Tail& tail : node.tails) {
      std::vector<TokenId> tokens = TokensTo(node);
      tokens.insert(tokens.end(), tail.tokens.begin(), tail.tokens.end());
      add(std::move(tokens), tail.worth, tail.origins);
    }
    if (node.tails.empty() && node.children.empty()) {
      add(TokensTo(node), std::max(node.snapshot_worth, node.block_worth),
          node.origins);
    }
  });
  return sequences;
}

}  // namespace krait::engine
