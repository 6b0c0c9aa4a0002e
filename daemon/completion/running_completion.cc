// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/running_completion.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "daemon/completion/fitting.h"
#include "daemon/completion/seam.h"

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

// How long to wait for a tree when the first token is there.
constexpr std::chrono::milliseconds kSyntaxWait{5};

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
      after_(AfterOf(options_.extent, place_.after)),
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
  return StopRules(ExtentAt(options_.extent, place_.prefix, after_),
                   place_.prefix, AfterOfWholeLines(place_.prefix, after_),
                   options_.max_lines, syntax_ ? &syntax_->context() : nullptr);
}

engine::Result<Completion> RunningCompletion::Finish() {
  const auto& report = *generation_->outcome();
  if (!report) return report.error();
  Completion completion = Decide(*report);
  completion.trace.tokenize += cutting_;
  return completion;
}

// Makes what was said up to some place fit for showing.
PostProcessed RunningCompletion::Fit(std::string_view kept) const {
  std::string why = WhyNotHere(place_.prefix, after_, options_.invoked);
  if (!why.empty()) return {.text = {}, .suppressed_by = std::move(why)};
  const std::string_view more = watcher_.text().substr(kept.size());
  return FitToPlace({.text = kept, .ends_line = more.starts_with('\n')},
                    {.prefix = place_.prefix,
                     .after = after_,
                     .syntax = syntax_,
                     .language = request_.syntax.language,
                     .invoked = options_.invoked,
                     .patience = options_.syntax_patience});
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
  PostProcessed shown = Fit(kept);
  Completion completion;
  completion.stop = decision.stop;
  completion.trace = TraceOf(report);
  CompletionTrace& trace = completion.trace;
  trace.mean_logprob =
      watcher_.MeanLogprob(shown.text.empty() ? kept : shown.text);
  if (shown.suppressed_by.empty()) {
    shown.suppressed_by =
        TooUnsure(trace.mean_logprob, options_.min_confidence);
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
