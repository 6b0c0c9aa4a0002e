// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_RUN_WARM_SESSION_H_
#define KRAIT_ENGINE_RUN_WARM_SESSION_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/error.h"
#include "engine/run/session.h"
#include "engine/state/state_store.h"

namespace krait::engine {

// Where the tokens of a prompt came from.
struct PrefillCost {
  size_t reused = 0;    // were in a snapshot
  size_t replayed = 0;  // were in blocks: no weights were read
  size_t computed = 0;  // went through the model
};

struct AdvanceOptions {
  // Positions (tokens) where a later edit or jump is to be expected: the
  // starts of declarations. Checkpoints are kept there.
  std::span<const size_t> checkpoints = {};
  // A stop is noticed after at most about this long, or after 32 tokens.
  std::chrono::milliseconds slice{10};
  // The file that the prompt is of.
  StateOrigin origin = nullptr;
};

// What the warm sessions of one model share. Belongs to one thread, with them,
// the store (which must be of the model) and the pool.
struct WarmResources {
  WarmResources(std::shared_ptr<const Model> its_model, WorkerPool& pool,
                StateStore& its_store);

  // Tokens of a prompt that a session would run through the model.
  size_t CountMissing(std::span<const TokenId> tokens) const;

  const std::shared_ptr<const Model> model;
  const std::shared_ptr<Executor> executor;
  StateStore& store;
  double tokens_per_second = 0;  // of the last prefills; 0 before the first
};

// Runs prompts that begin like ones that were run before: each begins from the
// warmest state that the store holds, and leaves its own there. The logits
// and what is decoded after them are, bit for bit, those of a cold run, also if
// other sessions run between two slices.
class WarmSession {
 public:
  // `shared` must outlive the session.
  explicit WarmSession(WarmResources& shared);

  // Makes ready to bring the state to the end of `tokens` (at least one), which
  // takes slices until done(). What another prompt had left to do is dropped.
  Status Begin(std::span<const TokenId> tokens, const AdvanceOptions& options);
  // Does what takes about AdvanceOptions::slice (ids are checked). After an
  // error there is nothing to go on with; a stopped call returns kCancelled,
  // and has left in the store what was done.
  Status RunSlice(std::stop_token stop = {});
  bool done() const { return prompt_.state().position() >= tokens_.size(); }
  // Of the prompt up to here.
  const PrefillCost& cost() const { return cost_; }

  // The same in one go.
  Result<PrefillCost> Advance(std::span<const TokenId> tokens,
                              const AdvanceOptions& options,
                              const std::stop_token& stop = {});

  // Returns a session that stands where the last prompt that was done ended,
  // for decoding; it is good until the next Fork.
  Session& Fork();
  // The session that Fork returned last, where it stands now.
  Session& fork() { return decoder_; }

 private:
  void Resume(std::span<const TokenId> known);
  void ResumeIfMoreIsKnown();
  size_t SliceEnd() const;
  void Measure(size_t tokens, std::chrono::duration<double> time);

  WarmResources& shared_;
  Session prompt_;
  Session decoder_;

  // What is being run. All of the tokens are fed if nothing is.
  std::vector<TokenId> tokens_;
  std::vector<size_t> checkpoints_;      // that were asked for
  std::vector<size_t> all_checkpoints_;  // and those of the store
  std::chrono::milliseconds slice_{};
  StateOrigin origin_;
  size_t inserted_ = 0;  // into the store, when it was last looked at
  PrefillCost cost_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_WARM_SESSION_H_
