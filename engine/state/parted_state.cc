// SPDX-License-Identifier: Apache-2.0
// A piece of the whole has the values of its layers one after the other, so
// that those of the parts, which are ranges of layers, follow each other in it.

#include "engine/state/parted_state.h"

#include <algorithm>
#include <cassert>
#include <mutex>
#include <utility>

#include "engine/state/recurrent_state.h"

namespace krait::engine {
namespace {

template <class Piece>
size_t BytesOf(const std::vector<std::shared_ptr<Piece>>& parts) {
  size_t bytes = 0;
  for (const auto& part : parts) bytes += part == nullptr ? 0 : part->bytes();
  return bytes;
}

template <class Piece>
size_t DeviceBytesOf(const std::vector<std::shared_ptr<Piece>>& parts) {
  size_t bytes = 0;
  for (const auto& part : parts) {
    bytes += part == nullptr ? 0 : part->device_bytes();
  }
  return bytes;
}

// Returns the parts' pieces as one, if each of them that has such layers, of
// which `floats(codec)` says how much a row has, has a piece.
template <class Parted, class Piece, class Floats>
std::shared_ptr<Piece> JoinPieces(std::vector<std::shared_ptr<Piece>> parts,
                                  std::span<const StateCodec> codecs,
                                  const Floats& floats) {
  bool any = false;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (floats(codecs[i]) == 0) continue;
    if (parts[i] == nullptr) return nullptr;
    any = true;
  }
  return any ? std::make_shared<Parted>(std::move(parts)) : nullptr;
}

size_t LogFloats(const StateCodec& codec) {
  return codec.log_floats();
}

size_t KvFloats(const StateCodec& codec) {
  return codec.kv_floats();
}

size_t SnapshotFloats(const StateCodec& codec) {
  return codec.snapshot_floats();
}

// The blocks of the parts; null: a part has no such layers.
class PartedBlock final : public StateBlock {
 public:
  explicit PartedBlock(std::vector<std::shared_ptr<StateBlock>> parts)
      : parts_(std::move(parts)) {}

  size_t bytes() const override { return BytesOf(parts_); }
  size_t device_bytes() const override { return DeviceBytesOf(parts_); }
  void AppendRows(size_t rows, std::vector<float>* values) const override {
    for (const auto& part : parts_) {
      if (part != nullptr) part->AppendRows(rows, values);
    }
  }
  const std::vector<std::shared_ptr<StateBlock>>& parts() const {
    return parts_;
  }

 private:
  std::vector<std::shared_ptr<StateBlock>> parts_;
};

// Likewise. The values of the whole are put together when they are asked for
// (for the disk), from any thread.
class PartedSnapshot final : public StateSnapshot {
 public:
  explicit PartedSnapshot(std::vector<std::shared_ptr<StateSnapshot>> parts)
      : parts_(std::move(parts)) {}

  std::span<const float> values() const override {
    std::call_once(joined_, [this] {
      for (const auto& part : parts_) {
        if (part == nullptr) continue;
        const std::span<const float> values = part->values();
        values_.insert(values_.end(), values.begin(), values.end());
      }
    });
    return values_;
  }
  size_t bytes() const override { return BytesOf(parts_); }
  size_t device_bytes() const override { return DeviceBytesOf(parts_); }
  const std::vector<std::shared_ptr<StateSnapshot>>& parts() const {
    return parts_;
  }

 private:
  std::vector<std::shared_ptr<StateSnapshot>> parts_;
  mutable std::once_flag joined_;
  mutable std::vector<float> values_;
};

// Gives each part its share of a block: `floats(codec)` of a row, of which
// `make(codec, values)` makes one.
template <class Floats, class Make>
std::vector<std::shared_ptr<StateBlock>> SplitBlock(
    const std::shared_ptr<StateBlock>& block, size_t rows,
    std::span<const StateCodec> codecs, const Floats& floats,
    const Make& make) {
  std::vector<std::shared_ptr<StateBlock>> parts(codecs.size());
  if (block == nullptr) return parts;
  if (const auto* parted = dynamic_cast<const PartedBlock*>(block.get())) {
    return parted->parts();
  }
  std::vector<float> values;
  block->AppendRows(rows, &values);
  std::span<const float> rest = values;
  for (size_t i = 0; i < codecs.size(); ++i) {
    const size_t size = rows * floats(codecs[i]);
    parts[i] = make(codecs[i], rest.first(size));
    rest = rest.subspan(size);
  }
  return parts;
}

}  // namespace

StateParts::StateParts(const Hyperparameters& hparams,
                       std::span<const LayerRange> ranges) {
  for (const LayerRange& range : ranges) {
    codecs_.emplace_back(hparams.Part(range));
  }
}

std::vector<std::shared_ptr<StateSnapshot>> StateParts::Split(
    const std::shared_ptr<StateSnapshot>& snapshot) const {
  std::vector<std::shared_ptr<StateSnapshot>> parts(count());
  if (snapshot == nullptr) return parts;
  if (const auto* parted =
          dynamic_cast<const PartedSnapshot*>(snapshot.get())) {
    return parted->parts();
  }
  // What is not of the parts is of a file, in the processor's memory.
  auto& whole = static_cast<RecurrentSnapshot&>(*snapshot);
  std::span<float> rest(whole.mutable_values(), whole.values().size());
  for (size_t i = 0; i < count(); ++i) {
    const size_t size = codecs_[i].snapshot_floats();
    parts[i] = codecs_[i].MakeSnapshot(rest.first(size), snapshot);
    rest = rest.subspan(size);
  }
  return parts;
}

std::vector<BlockPieces> StateParts::Split(const BlockPieces& block,
                                           size_t rows) const {
  auto logs = SplitBlock(block.log, rows, codecs_, LogFloats,
                         [rows](const StateCodec& codec, auto values) {
                           return codec.MakeLogBlock(values, rows);
                         });
  auto kvs = SplitBlock(block.kv, rows, codecs_, KvFloats,
                        [rows](const StateCodec& codec, auto values) {
                          return codec.MakeKvBlock(values, rows);
                        });
  std::vector<BlockPieces> parts(count());
  for (size_t i = 0; i < count(); ++i) {
    parts[i] = {.log = std::move(logs[i]), .kv = std::move(kvs[i])};
  }
  return parts;
}

std::shared_ptr<StateSnapshot> StateParts::Join(
    std::vector<std::shared_ptr<StateSnapshot>> parts) const {
  return JoinPieces<PartedSnapshot>(std::move(parts), codecs_, SnapshotFloats);
}

BlockPieces StateParts::Join(std::span<const BlockPieces> parts) const {
  std::vector<std::shared_ptr<StateBlock>> logs;
  std::vector<std::shared_ptr<StateBlock>> kvs;
  for (const BlockPieces& part : parts) {
    logs.push_back(part.log);
    kvs.push_back(part.kv);
  }
  return {.log = JoinPieces<PartedBlock>(std::move(logs), codecs_, LogFloats),
          .kv = JoinPieces<PartedBlock>(std::move(kvs), codecs_, KvFloats)};
}

std::unique_ptr<State> PartedState::Clone() const {
  std::vector<std::unique_ptr<State>> parts;
  for (const auto& part : parts_) parts.push_back(part->Clone());
  auto copy = std::make_unique<PartedState>(division_, std::move(parts));
  copy->position_ = position_;
  return copy;
}

void PartedState::CopyFrom(const State& other) {
  const auto& source = static_cast<const PartedState&>(other);
  for (size_t i = 0; i < parts_.size(); ++i) {
    parts_[i]->CopyFrom(*source.parts_[i]);
  }
  position_ = source.position_;
  whole_blocks_.clear();
}

void PartedState::Restore(size_t position,
                          std::shared_ptr<StateSnapshot> snapshot,
                          std::span<const std::shared_ptr<StateBlock>> kv) {
  const auto snapshots = division_->Split(snapshot);
  std::vector<std::vector<std::shared_ptr<StateBlock>>> kvs(parts_.size());
  for (const auto& block : kv) {
    const auto split =
        division_->Split({.log = nullptr, .kv = block}, kBlockTokens);
    for (size_t i = 0; i < split.size(); ++i) kvs[i].push_back(split[i].kv);
  }
  for (size_t i = 0; i < parts_.size(); ++i) {
    parts_[i]->Restore(position, snapshots[i], kvs[i]);
  }
  position_ = position;
  whole_blocks_.clear();
}

bool PartedState::CanRewind(size_t position) const {
  return std::ranges::all_of(
      parts_, [&](const auto& part) { return part->CanRewind(position); });
}

bool PartedState::Rewind(size_t position) {
  if (!CanRewind(position)) return false;
  for (const auto& part : parts_) part->Rewind(position);
  MoveBack(position);
  return true;
}

// Each part's is at the same position, or it has none.
std::shared_ptr<StateSnapshot> PartedState::snapshot() const {
  std::vector<std::shared_ptr<StateSnapshot>> parts;
  for (const auto& part : parts_) parts.push_back(part->snapshot());
  return division_->Join(std::move(parts));
}

BlockPieces PartedState::last_block() const {
  std::vector<BlockPieces> parts;
  for (const auto& part : parts_) parts.push_back(part->last_block());
  return division_->Join(parts);
}

size_t PartedState::bytes() const {
  size_t bytes = 0;
  for (const auto& part : parts_) bytes += part->bytes();
  return bytes;
}

std::vector<StateTensor> PartedState::Export() const {
  std::vector<StateTensor> tensors;
  for (const auto& part : parts_) {
    for (StateTensor& tensor : part->Export()) {
      tensors.push_back(std::move(tensor));
    }
  }
  return tensors;
}

// The last of the blocks that became whole are of the same tokens in all parts:
// one that was not recorded is missing at the front.
void PartedState::Follow() {
  std::vector<std::vector<BlockPieces>> of_parts;
  size_t count = 0;
  for (const auto& part : parts_) {
    of_parts.push_back(part->TakeWholeBlocks());
    count = std::max(count, of_parts.back().size());
  }
  for (size_t i = 0; i < count; ++i) {
    std::vector<BlockPieces> parts;
    for (auto& blocks : of_parts) {
      const size_t missing = count - blocks.size();
      parts.push_back(i < missing ? BlockPieces{} : blocks[i - missing]);
    }
    whole_blocks_.push_back(division_->Join(parts));
  }
  position_ = parts_.front()->position();
}

}  // namespace krait::engine
