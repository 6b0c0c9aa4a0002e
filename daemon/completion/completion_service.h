// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_COMPLETION_SERVICE_H_
#define KRAIT_DAEMON_COMPLETION_COMPLETION_SERVICE_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/completion/completion_place.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/completion/generator/model_hints.h"
#include "daemon/completion/generator/prompt_plan.h"
#include "daemon/completion/generator/sampling.h"
#include "daemon/completion/rules/confidence.h"
#include "daemon/completion/shown/syntax.h"
#include "daemon/completion/stop/stop_rules.h"
#include "daemon/completion/text/context_memory.h"
#include "daemon/completion/text/nearby_text.h"
#include "daemon/completion/text/prefix_memory.h"
#include "daemon/completion/text/repository_context.h"
#include "daemon/completion/text/repository_place.h"
#include "daemon/completion/text/suffix_memory.h"
#include "daemon/completion/text/text_window.h"
#include "grammars/syntax_types.h"

namespace krait::completion {

// What to complete: the text around a cursor, as it stands in the document
// (any line ends), at least as much of it as EnoughBytesBefore/After say.
struct CompletionRequest {
  std::string path;  // relative to the workspace; empty: unknown
  std::string before;
  std::string after;
  std::vector<NearbyText> others = {};  // the nearest first
  // Null: it lies in none, or in one that is not to be read.
  std::shared_ptr<const RepositoryPlace> repository = {};
  // What was found last of what the model could be shown of other files; null:
  // nothing was. It is read by ReadContext, and used from then on.
  RepositoryContextPtr context = {};
  // Whether to read it at once, however long that takes; for tools.
  bool context_now = false;
  RequestSyntax syntax = {};  // of the document; may say nothing
  std::string origin = {};    // see GeneratorPrompt
  bool may_leave = false;     // the same
  // Tells the document from all others that may have the same path: those of
  // another checkout, or that have none. Empty: the path does.
  std::string document = {};
};

struct CompletionOptions {
  CompletionExtent extent = CompletionExtent::kAuto;
  WindowLimits limits;
  size_t max_tokens = 64;
  size_t max_lines = 8;  // of a block
  // Nothing is shown whose tokens have a lower mean log-probability; without it
  // the model's thresholds decide.
  std::optional<double> min_confidence;
  // These instead of those of the model's file, if set (evaluation).
  std::optional<ConfidenceThresholds> thresholds;
  bool invoked = false;     // the user asked for it by hand, and gets more
  size_t alternatives = 0;  // the most other completions to find
  Sampling sampling;
  bool heal_tokens = true;  // see GeneratorRequest
  // Whether a model that can be is reminded of the whole document, and others.
  bool file_memory = true;
  // And, if so, of the other files of its repository.
  bool repository_memory = true;
  // The most tokens that a model is shown of other files; 0: none.
  size_t context_tokens = 0;
  // What the parser may do in the end to check what is shown.
  grammars::CheckBudget syntax_budget = {};
  // What could not be checked so, or whose tree was not there in time, is shown
  // none the less, as for a user who asked by hand.
  bool show_unchecked = false;
};

// What became of a request, for `krait/explain`, `--json` and logs.
struct CompletionTrace {
  PromptPlan plan = PromptPlan::kNone;
  std::string plan_reason;  // why not the usual one; else empty
  size_t tokens_reused = 0;
  size_t tokens_replayed = 0;
  size_t tokens_computed = 0;
  size_t tokens_generated = 0;
  // Of the prompt's tokens those that are of other files, and which these are.
  size_t tokens_of_context = 0;
  RepositoryContextPtr context;  // null: none
  // Of the tokens that are kept; nothing if none is.
  std::optional<double> mean_logprob;
  std::string stop;    // why the generation ended, see CompletionStopName
  std::string extent;  // how far it could reach, see CompletionExtentName
  // What was known of the syntax at the cursor: "grammar", "lines" (a syntax
  // error is near) or "none" (no grammar, or the tree was not there in time).
  std::string syntax;
  Clock::duration queue{};
  Clock::duration tokenize{};
  Clock::duration prefill{};
  Clock::duration decode{};
  Clock::duration post{};
  std::string suppressed_by;  // empty if something is shown
  // All of the above is of the completion whose rest this is: the user typed
  // what it says, and no model ran.
  bool typed_through = false;
  // What was not waited for, so that the answer is less than it could be, and
  // the next request for the same place is to be answered anew; empty: nothing.
  std::string hurried;
};

// Returns what a generation cost; the rest is its caller's.
CompletionTrace TraceOf(const GeneratorReport& report);

struct Completion {
  std::string text;  // lines end with \n; empty: nothing to show
  CompletionStop stop = CompletionStop::kEndOfSequence;
  std::vector<SaidToken> said;  // whatever is shown of it
  // Others for the same place, from the likeliest; none begins another.
  std::vector<std::string> alternatives;
  CompletionTrace trace;
};

class RunningCompletion;

// Turns a model into completions, one or several at once: chooses the context;
// RunningCompletion does the rest. Knows nothing of LSP, threads or files, and
// waits for nothing but in Complete.
//
// Thread-compatible: one call at a time.
class CompletionService {
 public:
  // `generator` must outlive the service. `tree_patience`: how long Complete
  // waits for a syntax tree. Nobody else waits meanwhile, and a parser gives up
  // before.
  explicit CompletionService(
      Generator& generator,
      std::chrono::milliseconds tree_patience = std::chrono::minutes(1))
      : generator_(generator), tree_patience_(tree_patience) {}

  // Begins a completion, which Advance moves on. `request` must outlive it, and
  // it must not outlive the service.
  std::unique_ptr<RunningCompletion> Begin(const CompletionRequest& request,
                                           const CompletionOptions& options,
                                           std::stop_token stop);

  // Does a piece of work for completions of this service: a slice of a prompt,
  // a token of each that is being said. Those that have ended are left alone.
  void Advance(std::span<RunningCompletion* const> completions);

  // What Begin would show the model of the place, for whoever runs the
  // generator without rules for what is shown.
  CompletionPlace PlaceAt(const CompletionRequest& request,
                          const CompletionOptions& options) {
    return PlaceOf(request, Fit(options));
  }

  // From begin to end, alone. A stopped call gives an error of kind kCancelled.
  base::Result<Completion> Complete(const CompletionRequest& request,
                                    const CompletionOptions& options,
                                    std::stop_token stop = {});

  // Warms the generator for Complete with the same arguments.
  base::Status Warm(const CompletionRequest& request,
                    const CompletionOptions& options,
                    std::stop_token stop = {});

  // Reads what the request has of other files, if that is worth it: from then
  // on the document's prompts begin with it. What was read before a stop is
  // kept.
  base::Status ReadContext(const CompletionRequest& request,
                           const CompletionOptions& options,
                           std::stop_token stop = {});

  // Lets the generator read more of the document, for requests at other places.
  base::Status ReadAhead(const CompletionRequest& request,
                         const CompletionOptions& options,
                         std::stop_token stop = {});

  // Lets the generator say what it would say there, and what would follow on
  // the next line: a Complete for this place, or for where just that was typed,
  // runs no model for what was said by then. Ends after about a second.
  base::Status Prefetch(const CompletionRequest& request,
                        const CompletionOptions& options,
                        std::stop_token stop = {});

  // Lets go of the texts that it remembers.
  void Forget();

 private:
  // Makes options fit the model.
  CompletionOptions Fit(CompletionOptions options) const;
  // Cuts out what the model is to see; `options` must fit it.
  CompletionPlace PlaceOf(const CompletionRequest& request,
                          const CompletionOptions& options);

  Generator& generator_;
  const std::chrono::milliseconds tree_patience_;
  PrefixMemory prefixes_;
  SuffixMemory suffixes_;
  ContextMemory contexts_;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_COMPLETION_SERVICE_H_
