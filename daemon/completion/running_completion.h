// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_RUNNING_COMPLETION_H_
#define KRAIT_DAEMON_COMPLETION_RUNNING_COMPLETION_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/completion/completion_place.h"
#include "daemon/completion/completion_service.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/completion/rules/confidence.h"
#include "daemon/completion/shown/post_process.h"
#include "daemon/completion/shown/syntax.h"
#include "daemon/completion/watcher.h"

namespace krait::completion {

// Where an alternative leaves the first completion.
struct CompletionBranch {
  std::vector<SaidToken> head;  // what both say
  size_t rank = 0;              // of the token behind it
};

// A completion under way, made and moved on by a CompletionService: watches its
// generation, ends it where a completion should end, and makes of what was said
// a text that fits its place. Belongs to the service's thread until it is let
// go of there (LeaveGenerator), and then to whoever Finishes it: that parses,
// and needs no model.
//
// Alternatives begin one after the other once the first is there: each says
// what that says up to the first token that was not sure, then the next likely
// one in its place, and goes on from there.
class RunningCompletion {
 public:
  // Begins the generation. `cutting` is the time that it took to find out what
  // to show the model. `request` and `generator` must outlive it.
  RunningCompletion(const CompletionRequest& request,
                    const CompletionOptions& options, CompletionPlace place,
                    Clock::duration cutting, Generator& generator,
                    std::stop_token stop, CompletionBranch branch = {});
  RunningCompletion(const RunningCompletion&) = delete;
  RunningCompletion& operator=(const RunningCompletion&) = delete;

  // Its generations, for a round.
  void AddGenerations(std::vector<RunningGeneration*>* generations);
  // To be called after each round: may begin the next alternative.
  void GoOn();
  void StopIfAsked();
  bool ended() const;

  // What the model has said of it so far, alternatives apart; it is cut and
  // made to fit in the end.
  std::string_view said() const { return watcher_.text(); }

  // To be called once it has ended, before the generator may end, too.
  void LeaveGenerator();

  // Returns what it came to, once it has ended; an error of kind kCancelled if
  // it was stopped. To be called once; on another thread only once it has left
  // its generator.
  base::Result<Completion> Finish();

 private:
  void BeginGeneration(const CompletionBranch& branch);
  size_t NumTries() const;
  CompletionBranch BranchOf(const GeneratorReport& report);
  void AddAlternatives(Completion* completion);
  void LookForSyntax();
  StopRules MakeRules() const;
  Completion Decide(const GeneratorReport& report);
  // A text fit for its place, and how sure the model is of it.
  struct Fitted;
  Fitted Fit(std::string_view kept);
  // Of what was said, as much as the model is sure enough of.
  Fitted FitSure(const StopDecision& decision);

  const CompletionRequest& request_;
  const CompletionOptions options_;
  const ConfidenceGate gate_;
  const CompletionPlace place_;
  CompletionPlace asked_;  // with the head behind the prefix, for the model
  const Clock::duration cutting_;
  Generator& generator_;
  const std::stop_token stop_;
  const std::string after_;  // what rules and last changes take for it
  std::optional<CursorSyntax> syntax_;  // set once it is needed and there
  grammars::CheckBudget budget_;        // what is left of it for the checks
  Watcher watcher_;
  // Behind what it calls, the watcher. Null once it has left the generator.
  std::unique_ptr<RunningGeneration> generation_;
  std::optional<base::Result<GeneratorReport>> outcome_;  // then
  std::vector<std::unique_ptr<RunningCompletion>> alternatives_;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_RUNNING_COMPLETION_H_
