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
  // A stop is noticed after at most about this long.
  std::chrono::milliseconds slice{10};
};

// Runs prompts that begin like ones it has run before: each begins from the
// warmest state that the store holds, and leaves its own there. The logits
// and what is decoded after them are, bit for bit, those of a cold run.
//
// Belongs to one thread, with the store and the pool.
class WarmSession {
 public:
  // `store` must be of the same model and outlive the session.
  WarmSession(std::shared_ptr<const Model> model, WorkerPool& pool,
              StateStore& store);

  // Brings the state to the end of `tokens` (at least one; ids are checked).
  // A stopped call returns kCancelled, and has left in the store what it did.
  Result<PrefillCost> Advance(std::span<const TokenId> tokens,
                              const AdvanceOptions& options,
                              std::stop_token stop = {});

  // Returns a session that stands where the last successful Advance ended, for
  // decoding; it is good until the next Fork.
  Session& Fork();
  // The session that Fork returned last, where it stands now.
  Session& fork() { return decoder_; }

  // Tokens of a prompt that Advance would run through the model.
  size_t CountMissing(std::span<const TokenId> tokens) const;

  // Measured over the last prefills; 0 before the first.
  double tokens_per_second() const { return tokens_per_second_; }

 private:
  void Resume(std::span<const TokenId> known, PrefillCost* cost);
  size_t SliceEnd(size_t begin, size_t end, std::span<const size_t> wanted_ends,
                  std::chrono::milliseconds slice) const;
  void Measure(size_t tokens, std::chrono::duration<double> time);

  StateStore& store_;
  Session prompt_;
  Session decoder_;
  double tokens_per_second_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_WARM_SESSION_H_
