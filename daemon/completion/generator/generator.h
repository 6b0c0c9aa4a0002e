// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_GENERATOR_GENERATOR_H_
#define KRAIT_DAEMON_COMPLETION_GENERATOR_GENERATOR_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/memory_budget.h"
#include "base/result.h"
#include "daemon/completion/generator/forget_scope.h"
#include "daemon/completion/generator/given_conversation.h"
#include "daemon/completion/generator/model_hints.h"
#include "daemon/completion/generator/piece.h"
#include "daemon/completion/generator/prompt_plan.h"
#include "daemon/completion/generator/sampling.h"
#include "daemon/completion/generator/vocabulary.h"
#include "daemon/completion/text/nearby_text.h"
#include "daemon/completion/text/repository_context.h"

namespace krait::completion {

using Clock = std::chrono::steady_clock;

// Text around a cursor, as the model is to see it.
struct GeneratorPrompt {
  // Tells the document from all others, whatever they are called; may be any
  // string.
  std::string_view document = {};
  std::string_view path;  // shown to models that were trained with paths
  std::string_view prefix;
  std::string_view suffix;
  // What an earlier prompt had for it, which is nearly as good: for when the
  // suffix is new and would take too long to read.
  std::optional<std::string_view> earlier_suffix = {};
  // What it is shown of other files before this one; null: nothing.
  const RepositoryContext* context = nullptr;
  // How the language begins a comment; empty: not known.
  std::string_view line_comment = {};
  // Offsets in `prefix` where the cursor may well be next: the starts of
  // declarations. States are kept there.
  std::span<const size_t> anchors = {};
  // All of the document on both sides of the cursor, as far as it is at hand,
  // and how many tokens of it may be read while nobody waits.
  std::string_view file_before = {};
  std::string_view file_after = {};
  size_t pause_tokens = 0;
  // The file's absolute path, by which its states can be found again to be
  // forgotten; empty: it is no file, and nothing of it goes to the disk.
  std::string_view origin = {};
  // What a model with a memory is reminded of; nothing: of nothing.
  std::optional<RememberedTexts> remembered = {};
  // The whole prompt as it is, in place of texts to be laid out: of these only
  // `document` counts then. Each is known to the generator's vocabulary.
  std::optional<std::span<const PieceId>> pieces = {};
  // Prefix and suffix may be sent to an engine elsewhere: the user wants that
  // of this file. Nothing but these is.
  bool may_leave = false;
  // The conversation that `pieces` are the prompt of, for an engine elsewhere;
  // null: it is none. Without pieces this machine's model cannot have it.
  const GivenConversation* conversation = nullptr;
};

struct GeneratorRequest {
  GeneratorPrompt prompt;
  Sampling sampling;
  size_t max_tokens = 64;
  // An end-of-sequence or another control token does not end it: benchmarks
  // compare answers of the same length.
  bool ignore_end = false;
  // Lets the model choose the tokens of the word at the cursor anew, beginning
  // with what is typed of it.
  bool heal_tokens = false;
  // Begins with another than the likeliest token: the one of this rank.
  size_t first_rank = 0;
  // Says of each piece which were the likeliest at its place: so many.
  size_t likeliest = 0;
  // If the prompt is the last one with a part of what was said since at its
  // end, goes on with that generation.
  bool may_resume = true;
  // Called for each token. Returning false ends the generation.
  std::function<bool(const Piece& piece)> on_piece;
};

// Why a generation ended, if it was not stopped.
enum class GenerationEnd : uint8_t {
  kEndOfSequence,  // the model has no more to say
  kMaxTokens,
  kEnough,     // on_piece returned false
  kNotFinite,  // of the model's logits some are no numbers: broken weights
};

// What a generation cost.
struct GeneratorReport {
  PromptPlan plan = PromptPlan::kPrefix;
  // Why this plan, if it is not simply the one that the model was trained for;
  // a sentence for users.
  std::string reason_for_plan;
  GenerationEnd end = GenerationEnd::kMaxTokens;
  size_t tokens_reused = 0;    // taken from a warm state
  size_t tokens_replayed = 0;  // restored from a replay log
  size_t tokens_computed = 0;  // prompt tokens run through the model
  size_t tokens_generated = 0;
  size_t tokens_of_context = 0;  // of the prompt's, which are of other files
  Clock::duration tokenize{};
  Clock::duration prefill{};
  Clock::duration decode{};
};

// What has become of the files that a model was loaded from.
enum class ModelChange : uint8_t {
  kNone,
  // Others are in their place, or none. The model is unharmed.
  kReplaced,
  // They were written, so that the model is neither the old nor the new one.
  kOverwritten,
};

// What a generator keeps warm between calls.
struct WarmStatus {
  size_t budget_bytes = 0;  // 0: keeps nothing
  size_t held_bytes = 0;    // states and replay logs
  // Of graphics cards' memory, besides these; 0: no card runs the model.
  size_t device_budget_bytes = 0;
  size_t device_bytes = 0;
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

  // Whether Advance would do anything for it. False: it waits for an answer
  // from elsewhere. One that was stopped, or has ended, is ready.
  virtual bool ready() const { return true; }
  // Calls `wake` once, on any thread, as soon as it is ready: at once if it is.
  // Takes the place of an earlier one. Not called any more once the generation
  // is gone.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): others keep it
  virtual void WhenReady(std::function<void()> wake) { wake(); }

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
  virtual ModelHints hints() const { return {}; }

  // What its model makes of texts; null: it does not say.
  virtual std::shared_ptr<const Vocabulary> vocabulary() const {
    return nullptr;
  }

  // Returns about how many tokens `text` is.
  virtual size_t CountTokens(std::string_view text) const = 0;

  // Begins to continue the prompt; Advance does the work. The generator, and
  // what the request's prompt refers to, must outlive the generation.
  virtual std::unique_ptr<RunningGeneration> Begin(GeneratorRequest request,
                                                   std::stop_token stop) = 0;

  // Does a piece of work for generations of this generator: reads a slice of
  // one prompt (they take turns), and chooses a token for each of those whose
  // prompt is read, all in one batch. Those that have ended are left alone.
  // What else is under way does not show in what a generation says. If none of
  // them is ready there is nothing to do, see WhenReady.
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

  // Reads more of the document than the prompt shows, so that prompts of other
  // places in it, or of this one after an edit, cost little. Stops as Warm
  // does.
  virtual base::Status ReadAhead(
      const GeneratorPrompt& /*prompt*/,
      // NOLINTNEXTLINE(performance-unnecessary-value-param): others keep it
      std::stop_token /*stop*/) {
    return {};
  }

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
  virtual void Forget(
      const ForgetScope& /*scope*/,
      // NOLINTNEXTLINE(performance-unnecessary-value-param): others keep it
      std::function<void(size_t)> done) {
    done(0);
  }

  // Compares the model's files with those that were loaded.
  virtual ModelChange CheckModel() const { return ModelChange::kNone; }

  virtual WarmStatus warm_status() const { return {}; }

  // What it holds of the memory that all share.
  virtual base::MemoryUse memory_use() const { return {}; }
  // Drops about so much of it.
  virtual void GiveBack(size_t /*bytes*/) {}
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_GENERATOR_GENERATOR_H_
