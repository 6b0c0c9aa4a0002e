// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_GENERATOR_H_
#define KRAIT_DAEMON_COMPLETION_GENERATOR_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/memory_budget.h"
#include "base/result.h"
#include "daemon/completion/forget_scope.h"
#include "daemon/completion/text/nearby_text.h"
#include "engine/file/token.h"
#include "engine/model/model_hints.h"
#include "engine/model/model_stamp.h"
#include "engine/run/generation.h"
#include "engine/run/sampler.h"
#include "engine/tokenizer/fim.h"

namespace krait::completion {

using Clock = std::chrono::steady_clock;

// Text around a cursor, as the model is to see it.
struct GeneratorPrompt {
  std::string_view path;  // shown to models that were trained with paths
  std::string_view prefix;
  std::string_view suffix;
  // What an earlier prompt had for it, which is nearly as good: for when the
  // suffix is new and would take too long to read.
  std::optional<std::string_view> earlier_suffix = {};
  // Offsets in `prefix` where the cursor may well be next: the starts of
  // declarations. States are kept there.
  std::span<const size_t> anchors = {};
  // The file's absolute path, by which its states can be found again to be
  // forgotten; empty: it is no file, and nothing of it goes to the disk.
  std::string_view origin = {};
  // What a model with a memory is reminded of; nothing: of nothing.
  std::optional<RememberedTexts> remembered = {};
};

struct GeneratorRequest {
  GeneratorPrompt prompt;
  engine::SamplerOptions sampler;
  size_t max_tokens = 64;
  // An end-of-sequence or another control token does not end it: benchmarks
  // compare answers of the same length.
  bool ignore_end = false;
  // Lets the model choose the tokens of the word at the cursor anew, beginning
  // with what is typed of it.
  bool heal_tokens = false;
  // Begins with another than the likeliest token: the one of this rank.
  size_t first_rank = 0;
  // If the prompt is the last one with a part of what was said since at its
  // end, goes on with that generation.
  bool may_resume = true;
  // Called for each token with the bytes it stands for, which may be a part of
  // a UTF-8 sequence, and the natural log of its probability. Returning false
  // ends the generation.
  std::function<bool(engine::TokenId token, std::string_view bytes,
                     float logprob)>
      on_token;
};

// What a generation cost.
struct GeneratorReport {
  engine::FimLayout layout = engine::FimLayout::kPrefix;
  // Why this layout, if it is not simply the one that the model was trained
  // for; a sentence for users.
  std::string reason_for_layout;
  engine::StopReason reason = engine::StopReason::kMaxTokens;
  size_t tokens_reused = 0;    // taken from a warm state
  size_t tokens_replayed = 0;  // restored from a replay log
  size_t tokens_computed = 0;  // prompt tokens run through the model
  size_t tokens_generated = 0;
  Clock::duration tokenize{};
  Clock::duration prefill{};
  Clock::duration decode{};
};

// What a generator keeps warm between calls.
struct WarmStatus {
  size_t budget_bytes = 0;   // 0: keeps nothing
  size_t held_bytes = 0;     // states and replay logs
  size_t checkpoints = 0;    // states held
  size_t logged_tokens = 0;  // tokens whose replay log (or KV block) is held
};

// A generation under way, see Generator::Begin. Belongs to its generator's
// thread; letting go of it ends it.
class RunningGeneration {
 public:
  RunningGeneration() = default;
  virtual ~RunningGeneration() = default;
  RunningGeneration(const RunningGeneration&) = delete;
  RunningGeneration& operator=(const RunningGeneration&) = delete;

  // Ends it if it was stopped, which Advance would notice, too.
  virtual void StopIfAsked() = 0;

  // What it came to, once it has ended; an error of kind kCancelled if it was
  // stopped.
  const std::optional<base::Result<GeneratorReport>>& outcome() const {
    return outcome_;
  }

 protected:
  std::optional<base::Result<GeneratorReport>> outcome_;
};

// What the completion service needs of a model. The one of the product is
// EngineGenerator; tests have their own.
//
// Thread-compatible: one call at a time.
class Generator {
 public:
  virtual ~Generator() = default;

  // The most tokens that prompt and completion may have; 0: no limit.
  virtual size_t context_length() const = 0;

  // What the model's file says of how sure it must be, and of what it knows.
  virtual engine::ModelHints hints() const { return {}; }

  // Returns about how many tokens `text` is.
  virtual size_t CountTokens(std::string_view text) const = 0;

  // Begins to continue the prompt; Advance does the work. The generator, and
  // what the request's prompt refers to, must outlive the generation.
  virtual std::unique_ptr<RunningGeneration> Begin(GeneratorRequest request,
                                                   std::stop_token stop) = 0;

  // Does a piece of work for generations of this generator: reads a slice of
  // one prompt (they take turns), and chooses a token for each of those whose
  // prompt is read, all in one batch. Those that have ended are left alone.
  // What else is under way does not show in what a generation says.
  virtual void Advance(std::span<RunningGeneration* const> generations) = 0;

  // From begin to end, alone. A stopped call gives an error of kind kCancelled.
  base::Result<GeneratorReport> Generate(GeneratorRequest request,
                                         std::stop_token stop);

  // Brings the state to the prompt's end, so that a Generate for it (or for
  // one that goes on from it) costs only what is new. What was done before a
  // stop is kept; calling again goes on from there. A generator that keeps
  // nothing warm does nothing.
  virtual base::Status Warm(const GeneratorPrompt& prompt,
                            std::stop_token stop) = 0;

  // Begins to write what is warm to the disk, for the next start.
  virtual void SaveWarmStates() {}
  // Waits until what is on the disk was read and what was to be written is, at
  // most `limit`; the rest is given up then.
  virtual base::Status FinishSaving(std::chrono::milliseconds /*limit*/) {
    return {};
  }

  // Lets go of all that is warm, and deletes what is saved of the files in
  // `scope`; calls `done` with how many, on any thread, unless the generator
  // ends before.
  virtual void Forget(const ForgetScope& /*scope*/,
                      std::function<void(size_t)> done) {
    done(0);
  }

  // Compares the model's files with those that were loaded.
  virtual engine::ModelChange CheckModel() const {
    return engine::ModelChange::kNone;
  }

  virtual WarmStatus warm_status() const { return {}; }

  // What it holds of the memory that all share.
  virtual base::MemoryUse memory_use() const { return {}; }
  // Drops about so much of it.
  virtual void GiveBack(size_t /*bytes*/) {}
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_GENERATOR_H_
