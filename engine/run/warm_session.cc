// SPDX-License-Identifier: Apache-2.0
// A prompt begins from what the store knows of it (Resume), and the rest is
// read in slices. Slices end where a snapshot is to be taken, else on the grid,
// where no tail needs to be run again; their length follows from the speed of
// those before. After each the store gets what it has recorded, so that a
// prompt that is stopped loses nothing. The last token is always computed:
// nobody keeps logits.

#include "engine/run/warm_session.h"

#include <algorithm>
#include <utility>

namespace krait::engine {
namespace {

using Clock = std::chrono::steady_clock;

// Fewer at a time would read the weights so often that a large model, for which
// any slice takes long, took several times as long for the whole prompt.
constexpr size_t kLeastSliceTokens = kBlockTokens / 2;

// The positions where snapshots are to be taken on the way to `end`, ascending:
// where the store keeps them, and at the checkpoints that were asked for.
std::vector<size_t> AllCheckpoints(size_t end, std::span<const size_t> asked) {
  std::vector<size_t> positions;
  for (size_t at = kBlockTokens; at <= end; at += kBlockTokens) {
    if (KeepsSnapshotAt(at, end)) positions.push_back(at);
  }
  for (const size_t checkpoint : asked) {
    if (checkpoint < end) positions.push_back(GridFloor(checkpoint));
  }
  std::ranges::sort(positions);
  positions.erase(std::unique(positions.begin(), positions.end()),
                  positions.end());
  return positions;
}

}  // namespace

WarmResources::WarmResources(std::shared_ptr<const Model> its_model,
                             WorkerPool& pool, StateStore& its_store)
    : model(std::move(its_model)),
      executor(model->NewExecutor(pool)),
      store(its_store) {}

size_t WarmResources::CountMissing(std::span<const TokenId> tokens) const {
  if (tokens.empty()) return 0;
  return tokens.size() - store.CountKnown(tokens.first(tokens.size() - 1));
}

WarmSession::WarmSession(WarmResources& shared)
    : shared_(shared),
      prompt_(shared.model, shared.executor),
      decoder_(shared.model, shared.executor) {}

// Restores what the store knows of `known`.
void WarmSession::Resume(std::span<const TokenId> known) {
  inserted_ = shared_.store.inserted();
  const ResumePoint point = shared_.store.Find(known);
  prompt_.state().Restore(point.position, point.snapshot, point.kv_before);
  for (const BlockPieces& block : point.blocks) {
    prompt_.Replay(block, kBlockTokens);
  }
  if (point.tail_rows > 0) prompt_.Replay(point.tail, point.tail_rows);
  cost_ = {.reused = point.position,
           .replayed = point.end() - point.position,
           .computed = 0};
}

// A state that was read from the disk meanwhile may save the rest of the way.
void WarmSession::ResumeIfMoreIsKnown() {
  if (std::exchange(inserted_, shared_.store.inserted()) ==
      shared_.store.inserted()) {
    return;
  }
  const auto known = std::span(tokens_).first(tokens_.size() - 1);
  if (shared_.store.CountKnown(known) <=
      prompt_.state().position() + kBlockTokens) {
    return;
  }
  const size_t computed = cost_.computed;
  Resume(known);
  cost_.computed = computed;
}

// Returns the position where the next slice ends.
size_t WarmSession::SliceEnd() const {
  const size_t begin = prompt_.state().position();
  size_t end = tokens_.size();
  const auto wanted = std::ranges::upper_bound(all_checkpoints_, begin);
  if (wanted != all_checkpoints_.end()) end = std::min(end, *wanted);
  const double seconds = std::chrono::duration<double>(slice_).count();
  const size_t tokens =
      shared_.tokens_per_second == 0
          ? kBlockTokens
          : std::clamp<size_t>(
                static_cast<size_t>(shared_.tokens_per_second * seconds),
                kLeastSliceTokens, Model::kMaxBatch);
  if (begin + tokens >= end) return end;
  // On the grid no tail needs to be run again.
  const size_t on_grid = GridFloor(begin + tokens);
  return on_grid > begin ? on_grid : begin + tokens;
}

void WarmSession::Measure(size_t tokens, std::chrono::duration<double> time) {
  double& speed = shared_.tokens_per_second;
  // A few tokens say little about a batch, a first batch warms the caches.
  if (tokens < kLeastSliceTokens && speed != 0) return;
  const double now = static_cast<double>(tokens) / std::max(1e-6, time.count());
  speed = speed == 0 ? now : 0.8 * speed + 0.2 * now;
}

Status WarmSession::Begin(std::span<const TokenId> tokens,
                          const AdvanceOptions& options) {
  if (tokens.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "a prompt without tokens");
  }
  tokens_.assign(tokens.begin(), tokens.end());
  checkpoints_.assign(options.checkpoints.begin(), options.checkpoints.end());
  all_checkpoints_ = AllCheckpoints(tokens_.size(), checkpoints_);
  slice_ = options.slice;
  origin_ = options.origin;
  // The last token is run in any case: its logits are not kept.
  Resume(tokens.first(tokens.size() - 1));
  return {};
}

Status WarmSession::RunSlice(std::stop_token stop) {
  ResumeIfMoreIsKnown();
  const size_t begin = prompt_.state().position();
  const size_t end = SliceEnd();
  const auto start = Clock::now();
  const Status fed = prompt_.Prefill(
      std::span(tokens_).subspan(begin, end - begin), std::move(stop));
  if (!fed) {
    if (begin > 0) {
      shared_.store.Finish(tokens_, prompt_.state(), checkpoints_, origin_);
    }
    tokens_.clear();
    return fed.error();
  }
  Measure(end - begin, Clock::now() - start);
  cost_.computed += end - begin;
  if (done()) {
    shared_.store.Finish(tokens_, prompt_.state(), checkpoints_, origin_);
  } else {
    shared_.store.Add(tokens_, prompt_.state(),
                      std::ranges::binary_search(all_checkpoints_, end),
                      origin_);
  }
  return {};
}

Result<PrefillCost> WarmSession::Advance(std::span<const TokenId> tokens,
                                         const AdvanceOptions& options,
                                         const std::stop_token& stop) {
  if (Status begun = Begin(tokens, options); !begun) return begun.error();
  while (!done()) {
    if (Status run = RunSlice(stop); !run) return run.error();
  }
  return cost_;
}

Session& WarmSession::Fork() {
  decoder_.CopyFrom(prompt_);
  return decoder_;
}

}  // namespace krait::engine
