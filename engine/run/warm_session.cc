// SPDX-License-Identifier: Apache-2.0
#include "engine/run/warm_session.h"

#include <algorithm>
#include <utility>

namespace krait::engine {
namespace {

using Clock = std::chrono::steady_clock;

// The positions where snapshots are to be taken on the way to `end`, ascending:
// where the store keeps them, and at the checkpoints.
std::vector<size_t> SnapshotPositions(size_t end,
                                      std::span<const size_t> checkpoints) {
  std::vector<size_t> positions;
  for (size_t at = kBlockTokens; at <= end; at += kBlockTokens) {
    if (KeepsSnapshotAt(at, end)) positions.push_back(at);
  }
  for (const size_t checkpoint : checkpoints) {
    if (checkpoint < end) positions.push_back(GridFloor(checkpoint));
  }
  std::ranges::sort(positions);
  positions.erase(std::unique(positions.begin(), positions.end()),
                  positions.end());
  return positions;
}

}  // namespace

WarmSession::WarmSession(std::shared_ptr<const Model> model, WorkerPool& pool,
                         StateStore& store)
    : store_(store), prompt_(model, pool), decoder_(std::move(model), pool) {}

// Restores what the store knows of `known`.
void WarmSession::Resume(std::span<const TokenId> known, PrefillCost* cost) {
  const ResumePoint point = store_.Find(known);
  prompt_.state().Restore(point.snapshot == nullptr ? 0 : point.position,
                          point.snapshot);
  for (const auto& block : point.blocks) {
    prompt_.Replay(block, kBlockTokens);
  }
  if (point.tail_rows > 0) prompt_.Replay(point.tail, point.tail_rows);
  cost->reused = point.position;
  cost->replayed = point.end() - point.position;
}

size_t WarmSession::SliceEnd(size_t begin, size_t end,
                             std::span<const size_t> wanted_ends,
                             std::chrono::milliseconds slice) const {
  const auto wanted = std::ranges::upper_bound(wanted_ends, begin);
  if (wanted != wanted_ends.end()) end = std::min(end, *wanted);
  const double seconds = std::chrono::duration<double>(slice).count();
  const size_t tokens =
      tokens_per_second_ == 0
          ? kBlockTokens
          : std::clamp<size_t>(
                static_cast<size_t>(tokens_per_second_ * seconds), 1,
                Model::kMaxBatch);
  if (begin + tokens >= end) return end;
  // On the grid no tail needs to be run again.
  const size_t on_grid = GridFloor(begin + tokens);
  return on_grid > begin ? on_grid : begin + tokens;
}

void WarmSession::Measure(size_t tokens, std::chrono::duration<double> time) {
  // A few tokens say little about a batch, a first batch warms the caches.
  if (tokens < kBlockTokens / 2 && tokens_per_second_ != 0) return;
  const double now = static_cast<double>(tokens) / std::max(1e-6, time.count());
  tokens_per_second_ =
      tokens_per_second_ == 0 ? now : 0.8 * tokens_per_second_ + 0.2 * now;
}

Result<PrefillCost> WarmSession::Advance(std::span<const TokenId> tokens,
                                         const AdvanceOptions& options,
                                         std::stop_token stop) {
  if (tokens.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "a prompt without tokens");
  }
  PrefillCost cost;
  // The last token is run in any case: its logits are not kept.
  Resume(tokens.first(tokens.size() - 1), &cost);
  const std::vector<size_t> snapshots =
      SnapshotPositions(tokens.size(), options.checkpoints);
  while (prompt_.state().position() < tokens.size()) {
    const size_t begin = prompt_.state().position();
    const size_t end = SliceEnd(begin, tokens.size(), snapshots, options.slice);
    const auto start = Clock::now();
    const Status fed =
        prompt_.Prefill(tokens.subspan(begin, end - begin), stop);
    if (!fed) {
      if (begin > 0)
        store_.Finish(tokens, prompt_.state(), options.checkpoints);
      return fed.error();
    }
    Measure(end - begin, Clock::now() - start);
    cost.computed += end - begin;
    store_.Add(tokens, prompt_.state(),
               std::ranges::binary_search(snapshots, end));
  }
  store_.Finish(tokens, prompt_.state(), options.checkpoints);
  return cost;
}

Session& WarmSession::Fork() {
  decoder_.CopyFrom(prompt_);
  return decoder_;
}

size_t WarmSession::CountMissing(std::span<const TokenId> tokens) const {
  if (tokens.empty()) return 0;
  return tokens.size() - store_.CountKnown(tokens.first(tokens.size() - 1));
}

}  // namespace krait::engine
