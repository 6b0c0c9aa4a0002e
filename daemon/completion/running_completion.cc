// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/running_completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "daemon/completion/rules/language_rules.h"
#include "daemon/completion/shown/fitting.h"
#include "daemon/completion/shown/seam.h"
#include "grammars/lines.h"

namespace krait::completion {
namespace {

// Returns what is known of the syntax at the cursor.
std::string_view SyntaxName(const std::optional<CursorSyntax>& syntax) {
  if (!syntax) return "none";
  return syntax->context().from_grammar ? "grammar" : "lines";
}

// What the last changes take for the text behind the cursor.
std::string AfterOf(CompletionExtent extent, std::string_view after) {
  // The completion brings its line end: the line is empty behind the cursor.
  std::string result(extent == CompletionExtent::kWholeLine ? 1 : 0, '\n');
  return result.append(after);
}

// In front of what stands on the line one more is enough.
CompletionExtent ExtentAt(CompletionExtent extent, std::string_view prefix,
                          std::string_view after) {
  const bool line = extent == CompletionExtent::kAuto &&
                    StandsBeforeContent(LineAtCursor(prefix, after));
  return line ? CompletionExtent::kLine : extent;
}

// Says what was not waited for; empty: nothing.
std::string Hurried(const RequestSyntax& syntax,
                    const grammars::CheckBudget& budget) {
  if (syntax.slot != nullptr && !syntax.slot->IsSet()) {
    return "the syntax tree was not there in time";
  }
  if (budget.Spent()) return "the syntax check took too long";
  return {};
}

bool HasSeveralLines(std::string_view text) {
  return FirstLineWithText(text).size() < grammars::TrimRight(text).size();
}

}  // namespace

struct RunningCompletion::Fitted {
  PostProcessed shown;
  std::optional<double> mean_logprob;
};

RunningCompletion::RunningCompletion(const CompletionRequest& request,
                                     const CompletionOptions& options,
                                     CompletionPlace place,
                                     Clock::duration cutting,
                                     Generator& generator, std::stop_token stop,
                                     CompletionBranch branch)
    : request_(request),
      options_(options),
      gate_(MakeGate({.min_confidence = options.min_confidence,
                      .invoked = options.invoked},
                     options.thresholds.value_or(generator.hints().ConfidenceOf(
                         NameForModels(request.syntax.language))))),
      place_(std::move(place)),
      asked_(place_),
      cutting_(cutting),
      generator_(generator),
      stop_(std::move(stop)),
      after_(AfterOf(options_.extent, place_.after)),
      watcher_(
          [this] {
            LookForSyntax();
            return MakeRules();
          },
          gate_) {
  BeginGeneration(branch);
}

void RunningCompletion::BeginGeneration(const CompletionBranch& branch) {
  for (const SaidToken& token : branch.head) {
    watcher_.Add(
        {.id = token.id, .bytes = token.bytes, .logprob = token.logprob});
    asked_.prefix += token.bytes;
  }
  const size_t said = std::min(branch.head.size(), options_.max_tokens);
  generation_ = generator_.Begin(
      {.prompt = asked_.prompt(),
       .sampling = options_.sampling,
       .max_tokens = options_.max_tokens - said,
       // The head ends where a token does.
       .heal_tokens = options_.heal_tokens && branch.head.empty(),
       .first_rank = branch.rank,
       .may_resume = branch.rank == 0,
       .on_piece = [this](const Piece& piece) { return watcher_.Add(piece); }},
      stop_);
}

bool RunningCompletion::ended() const {
  if (generation_ == nullptr) return true;
  const auto& outcome = generation_->outcome();
  if (!outcome) return false;
  if (!alternatives_.empty() && !alternatives_.back()->ended()) return false;
  return !*outcome || stop_.stop_requested() ||
         alternatives_.size() == NumTries();
}

// One more than are wanted: two may come to the same.
size_t RunningCompletion::NumTries() const {
  return options_.alternatives == 0 ? 0 : options_.alternatives + 1;
}

void RunningCompletion::AddGenerations(
    std::vector<RunningGeneration*>* generations) {
  generations->push_back(generation_.get());
  for (const auto& alternative : alternatives_) {
    alternative->AddGenerations(generations);
  }
}

void RunningCompletion::StopIfAsked() {
  generation_->StopIfAsked();
  for (const auto& alternative : alternatives_) alternative->StopIfAsked();
}

// Returns what was said before the first token that was less likely than not,
// or, where each was likely, than all others.
CompletionBranch RunningCompletion::BranchOf(const GeneratorReport& report) {
  constexpr float kLikely = -0.69F;  // one half
  const size_t keep = watcher_.Finish(report.end).keep_bytes;
  std::vector<SaidToken> said = watcher_.Said();
  size_t least = 0;
  size_t ofs = 0;
  for (size_t i = 0; i < said.size() && ofs < keep; ++i) {
    ofs += said[i].bytes.size();
    if (said[i].logprob < said[least].logprob) least = i;
    if (said[i].logprob < kLikely) break;
  }
  said.resize(std::min(least, said.size()));
  return {.head = std::move(said), .rank = 0};
}

void RunningCompletion::GoOn() {
  const auto& outcome = generation_->outcome();
  if (!outcome || ended()) return;
  if (!alternatives_.empty() && !alternatives_.back()->ended()) return;
  CompletionBranch branch = BranchOf(**outcome);
  branch.rank = alternatives_.size() + 1;
  CompletionOptions options = options_;
  options.alternatives = 0;
  alternatives_.push_back(std::make_unique<RunningCompletion>(
      request_, options, place_, Clock::duration::zero(), generator_, stop_,
      std::move(branch)));
}

void RunningCompletion::LookForSyntax() {
  syntax_ = CursorSyntax::Of(request_.syntax, request_.before, request_.after);
}

StopRules RunningCompletion::MakeRules() const {
  return StopRules(ExtentAt(options_.extent, place_.prefix, after_),
                   place_.prefix, AfterOfWholeLines(place_.prefix, after_),
                   options_.max_lines, syntax_ ? &syntax_->context() : nullptr);
}

void RunningCompletion::LeaveGenerator() {
  if (generation_ == nullptr) return;
  outcome_ = generation_->outcome();
  generation_.reset();
  for (const auto& alternative : alternatives_) alternative->LeaveGenerator();
}

base::Result<Completion> RunningCompletion::Finish() {
  LeaveGenerator();
  const auto& report = *outcome_;
  if (!report) return report.error();
  Completion completion = Decide(*report);
  completion.trace.tokenize += cutting_;
  AddAlternatives(&completion);
  return completion;
}

// Those that say something else than the others; where there is no first, one
// of them is.
void RunningCompletion::AddAlternatives(Completion* completion) {
  auto& texts = completion->alternatives;
  const auto is_new = [&](std::string_view text) {
    const auto same = [text](std::string_view other) {
      return other.starts_with(text) || text.starts_with(other);
    };
    return !same(completion->text) && std::ranges::none_of(texts, same);
  };
  for (const auto& alternative : alternatives_) {
    if (texts.size() == options_.alternatives) break;
    auto other = alternative->Finish();
    // What was stopped is not wanted, and of what failed there is the first.
    if (!other || other->text.empty()) continue;
    if (completion->text.empty()) {
      completion->text = std::move(other->text);
      completion->trace.mean_logprob = other->trace.mean_logprob;
      completion->trace.suppressed_by.clear();
    } else if (is_new(other->text)) {
      texts.push_back(std::move(other->text));
    }
  }
}

// Makes what was said up to some place fit for showing.
RunningCompletion::Fitted RunningCompletion::Fit(std::string_view kept) {
  Fitted fitted;
  std::string why = WhyNotHere(place_.prefix, after_, options_.invoked);
  if (!why.empty()) {
    fitted.shown.suppressed_by = std::move(why);
  } else {
    const std::string_view more = watcher_.text().substr(kept.size());
    fitted.shown =
        FitToPlace({.text = kept, .ends_line = more.starts_with('\n')},
                   {.prefix = place_.prefix,
                    .after = after_,
                    .syntax = syntax_,
                    .language = request_.syntax.language,
                    .invoked = options_.invoked,
                    .budget = &budget_});
  }
  const std::string& text = fitted.shown.text;
  fitted.mean_logprob = watcher_.MeanLogprob(text.empty() ? kept : text);
  return fitted;
}

// Of several lines that are not sure enough together, the first may be.
RunningCompletion::Fitted RunningCompletion::FitSure(
    const StopDecision& decision) {
  const std::string_view said = watcher_.text();
  size_t keep = decision.keep_bytes;
  if (decision.stop == CompletionStop::kUnsure) {
    keep = EndAtWord(said, keep, place_.prefix, after_);
    // Half a word is better than nothing for who has asked for something.
    if (gate_.always_something && keep == 0) keep = decision.keep_bytes;
  }
  const std::string_view kept = said.substr(0, keep);
  Fitted fitted = Fit(kept);
  std::string& why = fitted.shown.suppressed_by;
  if (const auto unsure = watcher_.unsure_logprob();
      unsure && grammars::IsBlank(kept)) {
    fitted.mean_logprob = unsure;
    why = fmt::format(
        "low confidence (the next token's log-probability {:.1f},"
        " threshold {:.1f})",
        *unsure, gate_.token);
  }
  bool several = HasSeveralLines(fitted.shown.text);
  if (several && !TooUnsure(fitted.mean_logprob, gate_.block).empty()) {
    fitted = Fit(FirstLineWithText(kept));
    several = false;
  }
  if (why.empty()) {
    why = TooUnsure(fitted.mean_logprob, gate_.LeastMean(several));
  }
  if (why.empty() && gate_.hides_scraps && IsScrap(fitted.shown.text)) {
    why = "too little to be worth showing";
  }
  return fitted;
}

// Decides what is shown of what a model said.
Completion RunningCompletion::Decide(const GeneratorReport& report) {
  const auto begin = Clock::now();
  if (!syntax_) {
    // It may have come while the model was speaking.
    LookForSyntax();
    if (syntax_) watcher_.Reconsider(MakeRules());
  }
  const StopDecision decision = watcher_.Finish(report.end);
  budget_ = options_.syntax_budget;
  Fitted fitted = FitSure(decision);
  Completion completion;
  completion.stop = decision.stop;
  completion.said = watcher_.Said();
  completion.trace = TraceOf(report);
  if (report.tokens_of_context > 0) completion.trace.context = place_.context;
  CompletionTrace& trace = completion.trace;
  trace.hurried = Hurried(request_.syntax, budget_);
  trace.mean_logprob = fitted.mean_logprob;
  trace.suppressed_by = std::move(fitted.shown.suppressed_by);
  if (trace.suppressed_by.empty() && !options_.show_unchecked) {
    trace.suppressed_by = trace.hurried;
  }
  if (trace.suppressed_by.empty()) {
    completion.text = std::move(fitted.shown.text);
  }
  trace.stop = CompletionStopName(decision.stop);
  trace.extent = CompletionExtentName(watcher_.extent());
  trace.syntax = SyntaxName(syntax_);
  trace.post = Clock::now() - begin;
  return completion;
}

}  // namespace krait::completion
