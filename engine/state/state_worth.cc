// SPDX-License-Identifier: Apache-2.0
// Worth is tokens saved per byte, on top of the worth of what was dropped last:
// so what is not used again is overtaken by what is.
//
// Snapshots of one sequence. The newest saves the whole prompt at the next
// keystroke; each one before it saves the way from the one before, and is
// wanted the less the further from the end it is: the way between two
// neighbours counts for the later of them, divided by the logarithm of the
// earlier one's distance from the end.
//
// Blocks. The log of a recurrence saves a block's tokens, near the end of the
// sequence and where sequences part from each other; elsewhere it is dropped,
// as a snapshot before it serves as well. Keys and values are of use only with
// all before them: each is worth as much as the sequence is long.

#include "engine/state/state_worth.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace krait::engine {
namespace {

// Blocks of the log that are kept behind the end of a sequence, for steps back.
// As many as hold what is typed in a minute; each is about the size of a
// snapshot.
constexpr size_t kLoggedBlocks = 2;

// A piece that can be dropped.
struct Piece {
  enum class Kind : uint8_t { kSnapshot, kLog, kKv, kTail };
  StateNode* node;
  Kind kind;
  size_t tail;  // index, if kTail
  double worth;
  size_t bytes;
  size_t device_bytes;  // of these

  // Of equal worth what was used longest ago is first, and of one sequence the
  // later positions: keys and values are of use only with all before them.
  bool operator<(const Piece& other) const {
    if (worth != other.worth) return worth < other.worth;
    if (node->last_use != other.node->last_use) {
      return node->last_use < other.node->last_use;
    }
    return node->end > other.node->end;
  }
};

std::vector<Piece> PiecesOf(const StateTree& tree) {
  using Kind = Piece::Kind;
  std::vector<Piece> pieces;
  tree.ForEach([&](StateNode& node) {
    if (node.snapshot != nullptr) {
      pieces.push_back({&node, Kind::kSnapshot, 0, node.snapshot_worth,
                        node.snapshot->bytes(), node.snapshot->device_bytes()});
    }
    if (node.block.log != nullptr) {
      pieces.push_back({&node, Kind::kLog, 0, node.log_worth,
                        node.block.log->bytes(),
                        node.block.log->device_bytes()});
    }
    if (node.block.kv != nullptr) {
      pieces.push_back({&node, Kind::kKv, 0, node.kv_worth,
                        node.block.kv->bytes(), node.block.kv->device_bytes()});
    }
    for (size_t i = 0; i < node.tails.size(); ++i) {
      pieces.push_back({&node, Kind::kTail, i, node.tails[i].worth,
                        node.tails[i].block.bytes(),
                        node.tails[i].block.device_bytes()});
    }
  });
  return pieces;
}

void Drop(const Piece& piece) {
  switch (piece.kind) {
    case Piece::Kind::kSnapshot:
      piece.node->snapshot = nullptr;
      break;
    case Piece::Kind::kLog:
      piece.node->block.log = nullptr;
      break;
    case Piece::Kind::kKv:
      piece.node->block.kv = nullptr;
      break;
    case Piece::Kind::kTail:
      piece.node->tails[piece.tail].block = {};
      break;
  }
}

double PerByte(size_t tokens, size_t bytes) {
  return static_cast<double>(tokens) / static_cast<double>(bytes);
}

size_t BlocksBetween(size_t position, size_t end) {
  return (end - position) / kBlockTokens;
}

// The logarithm by which a snapshot `blocks` from the end is wanted less.
double Remoteness(size_t blocks) {
  return static_cast<double>(std::bit_width(blocks) + 1);
}

}  // namespace

bool KeepsSnapshotAt(size_t position, size_t end) {
  const auto octave = std::bit_width((end - position) / kBlockTokens);
  const size_t spacing = octave < 2 ? 1 : size_t{1} << (octave - 2);
  return position / kBlockTokens % spacing == 0;
}

double StateWorth::Of(size_t tokens, size_t bytes) const {
  return inflation_ + PerByte(tokens, std::max<size_t>(bytes, 1));
}

void StateWorth::Thin(StateNode* last, size_t end,
                      std::span<const size_t> checkpoints) const {
  std::vector<StateNode*> kept;  // with snapshots, the newest first
  const auto now = StateNode::Clock::now();
  last->last_use = now;  // with a tail the root, too
  for (StateNode* node = last; node->parent != nullptr; node = node->parent) {
    node->last_use = now;
    ThinBlock(*node, end);
    if (node->snapshot == nullptr) continue;
    const bool spared =
        KeepsSnapshotAt(node->end, end) || node->children.size() > 1 ||
        std::ranges::any_of(checkpoints, [node](size_t checkpoint) {
          return GridFloor(checkpoint) == node->end;
        });
    if (spared) {
      kept.push_back(node);
    } else {
      node->snapshot = nullptr;
    }
  }
  ValueSnapshots(kept, end);
}

void StateWorth::ThinBlock(StateNode& node, size_t end) const {
  BlockPieces& block = node.block;
  const bool near = BlocksBetween(node.end, end) < kLoggedBlocks;
  if (!near && node.children.size() < 2) block.log = nullptr;
  if (block.log != nullptr) {
    node.log_worth = inflation_ + PerByte(kBlockTokens, block.log->bytes());
  }
  if (block.kv != nullptr) {
    node.kv_worth = inflation_ + PerByte(end, block.kv->bytes());
  }
}

void StateWorth::ValueSnapshots(std::span<StateNode* const> kept,
                                size_t end) const {
  for (size_t i = 0; i < kept.size(); ++i) {
    StateNode& node = *kept[i];
    const size_t bytes = node.snapshot->bytes();
    node.snapshot_worth = inflation_;
    if (i == 0) node.snapshot_worth += PerByte(node.end, bytes);
    // The way from the one before, or from the beginning.
    const bool oldest = i + 1 == kept.size();
    const size_t way = oldest ? node.end : node.end - kept[i + 1]->end;
    const size_t from_end =
        BlocksBetween(oldest ? node.end : kept[i + 1]->end, end);
    node.snapshot_worth += PerByte(way, bytes) / Remoteness(from_end);
  }
}

std::optional<StateNode::Clock::time_point> StateWorth::LeastUse(
    const StateTree& tree) {
  const std::vector<Piece> pieces = PiecesOf(tree);
  const auto least = std::min_element(pieces.begin(), pieces.end());
  if (least == pieces.end()) return std::nullopt;
  return least->node->last_use;
}

size_t StateWorth::Evict(StateTree& tree, size_t held, size_t wanted) {
  const size_t surplus = held - std::min(held, wanted);
  return held - DropBytes(tree, surplus,
                          [](const Piece& piece) { return piece.bytes; });
}

void StateWorth::GiveBack(StateTree& tree, size_t bytes) {
  DropBytes(tree, bytes, [](const Piece& piece) {
    return piece.bytes - std::min(piece.bytes, piece.device_bytes);
  });
}

template <class BytesOf>
size_t StateWorth::DropBytes(StateTree& tree, size_t bytes,
                             const BytesOf& bytes_of) {
  std::vector<Piece> pieces = PiecesOf(tree);
  std::sort(pieces.begin(), pieces.end());
  size_t dropped = 0;
  for (const Piece& piece : pieces) {
    if (dropped >= bytes) break;
    if (bytes_of(piece) == 0) continue;
    dropped += bytes_of(piece);
    inflation_ = std::max(inflation_, piece.worth);
    Drop(piece);
  }
  tree.ForEach([](StateNode& node) {
    std::erase_if(node.tails,
                  [](const auto& tail) { return tail.block.empty(); });
  });
  tree.Prune();
  return dropped;
}

}  // namespace krait::engine
