// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/running_completion.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "daemon/completion/indentation.h"
#include "daemon/completion/post_process.h"
#include "daemon/completion/syntax_check.h"

namespace krait::daemon {
namespace {

CompletionTrace TraceOf(const GeneratorReport& report) {
  CompletionTrace trace;
  trace.plan = engine::FimLayoutName(report.layout);
  trace.plan_reason = report.reason_for_layout;
  trace.tokens_reused = report.tokens_reused;
  trace.tokens_replayed = report.tokens_replayed;
  trace.tokens_computed = report.tokens_computed;
  trace.tokens_generated = report.tokens_generated;
  trace.tokenize = report.tokenize;
  trace.prefill = report.prefill;
  trace.decode = report.decode;
  return trace;
}

// Returns what is known of the syntax at the cursor.
std::string_view SyntaxName(const std::optional<CursorSyntax>& syntax) {
  if (!syntax) return "none";
  return syntax->context().from_grammar ? "grammar" : "lines";
}

// What the rules and the last changes take for the text behind the cursor.
std::string RuleAfter(CompletionExtent extent, std::string_view after) {
  // The completion brings its line end: the line is empty behind the cursor.
  std::string result(extent == CompletionExtent::kWholeLine ? 1 : 0, '\n');
  return result.append(after);
}

// How long to wait for a tree when the first token is there.
constexpr std::chrono::milliseconds kSyntaxWait{5};

// Makes `text`, which is fit for its place otherwise, fit the file's
// indentation and syntax.
PostProcessed FitToFile(std::string_view text, std::string_view prefix,
                        std::string_view suffix,
                        const std::optional<CursorSyntax>& syntax,
                        grammars::CheckBudget* budget) {
  PostProcessed fit{.text = std::string(text), .suppressed_by = {}};
  auto unit = IndentUnitAround(prefix, suffix);
  // What is usual in the language.
  if (!unit && syntax) unit = syntax->context().indent;
  if (unit) fit.text = FitIndentation(fit.text, prefix, *unit);
  if (!syntax) return fit;
  fit.text.resize(FitSyntax(*syntax, fit.text, budget).size());
  if (fit.text.empty()) fit.suppressed_by = "would add a syntax error";
  return fit;
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

// Says why a completion is not sure enough to be shown; empty: it is.
std::string TooUnsure(const std::optional<double>& mean_logprob,
                      double min_confidence) {
  if (!mean_logprob || *mean_logprob >= min_confidence) return {};
  return fmt::format(
      "low confidence (mean log-probability {:.1f}, threshold {:.1f})",
      *mean_logprob, min_confidence);
}

}  // namespace

RunningCompletion::RunningCompletion(const CompletionRequest& request,
                                     const CompletionOptions& options,
                                     CompletionPlace place,
                                     Clock::duration cutting,
                                     Generator& generator, std::stop_token stop)
    : request_(request),
      options_(options),
      place_(std::move(place)),
      cutting_(cutting),
      after_(RuleAfter(options_.extent, place_.after)),
      watcher_([this] {
        WaitForSyntax(kSyntaxWait);
        return MakeRules();
      }) {
  generation_ =
      generator.Begin({.prompt = place_.prompt(),
                       .sampler = options_.sampler,
                       .max_tokens = options_.max_tokens,
                       .heal_tokens = options_.heal_tokens,
                       .on_token =
                           [this](engine::TokenId token, std::string_view bytes,
                                  float logprob) {
                             return watcher_.Add(token, bytes, logprob);
                           }},
                      std::move(stop));
}

void RunningCompletion::WaitForSyntax(std::chrono::milliseconds limit) {
  syntax_ =
      CursorSyntax::Of(request_.syntax, request_.before, request_.after, limit);
}

StopRules RunningCompletion::MakeRules() const {
  return StopRules(options_.extent, place_.prefix, after_, options_.max_lines,
                   syntax_ ? &syntax_->context() : nullptr);
}

engine::Result<Completion> RunningCompletion::Finish() {
  const auto& report = *generation_->outcome();
  if (!report) return report.error();
  Completion completion = Decide(*report);
  completion.trace.tokenize += cutting_;
  return completion;
}

// Decides what is shown of what a model said.
Completion RunningCompletion::Decide(const GeneratorReport& report) {
  const auto begin = Clock::now();
  if (!syntax_) {
    // It may have come while the model was speaking.
    WaitForSyntax(std::chrono::milliseconds(0));
    if (syntax_) watcher_.Reconsider(MakeRules());
  }
  const StopDecision decision = watcher_.Finish(report.reason);
  const std::string_view kept = watcher_.text().substr(0, decision.keep_bytes);
  PostProcessed shown = PostProcess(kept, place_.prefix, after_);
  grammars::CheckBudget budget = options_.syntax_budget;
  if (!shown.text.empty()) {
    shown = FitToFile(shown.text, place_.prefix, after_, syntax_, &budget);
  }
  Completion completion;
  completion.stop = decision.stop;
  completion.trace = TraceOf(report);
  CompletionTrace& trace = completion.trace;
  trace.hurried = Hurried(request_.syntax, budget);
  trace.mean_logprob =
      watcher_.MeanLogprob(shown.text.empty() ? kept : shown.text);
  if (shown.suppressed_by.empty()) {
    shown.suppressed_by =
        TooUnsure(trace.mean_logprob, options_.min_confidence);
  }
  if (shown.suppressed_by.empty() && !options_.show_unchecked) {
    shown.suppressed_by = trace.hurried;
  }
  if (shown.suppressed_by.empty()) completion.text = std::move(shown.text);
  trace.suppressed_by = std::move(shown.suppressed_by);
  trace.stop = CompletionStopName(decision.stop);
  trace.extent = CompletionExtentName(watcher_.extent());
  trace.syntax = SyntaxName(syntax_);
  trace.post = Clock::now() - begin;
  return completion;
}

}  // namespace krait::daemon
