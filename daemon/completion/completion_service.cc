// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/completion_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/completion/indentation.h"
#include "daemon/completion/post_process.h"
#include "daemon/completion/syntax_check.h"
#include "daemon/completion/watcher.h"

namespace krait::daemon {
namespace {

// Models are trained on text whose lines end with \n.
std::string WithUnixLineEnds(const std::string& text) {
  if (text.find('\r') == std::string::npos) return text;
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const bool pair =
        text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!pair) result += text[i];
  }
  return result;
}

// Tokens of the prompt that are not text: bos, the layout's, the path.
constexpr size_t kReservedTokens = 64;

// Shrinks the limits to what the model can attend to, four fifths of it for
// the prefix.
CompletionOptions FitToModel(CompletionOptions options, size_t context_length) {
  if (context_length == 0) return options;
  options.max_tokens = std::min(options.max_tokens, context_length / 4);
  const size_t used =
      options.max_tokens + std::min(kReservedTokens, context_length / 4);
  const size_t budget = context_length - used;
  options.limits.suffix_tokens =
      std::min(options.limits.suffix_tokens, budget / 5);
  options.limits.prefix_tokens = std::min(
      options.limits.prefix_tokens, budget - options.limits.suffix_tokens);
  return options;
}

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
std::string RuleSuffix(CompletionExtent extent, std::string_view suffix) {
  // The completion brings its line end: the line is empty behind the cursor.
  std::string result(extent == CompletionExtent::kWholeLine ? 1 : 0, '\n');
  return result.append(suffix);
}

// How long to wait for a tree when the first token is there.
constexpr std::chrono::milliseconds kSyntaxWait{5};

// Makes `text`, which is fit for its place otherwise, fit the file's
// indentation and syntax.
PostProcessed FitToFile(std::string_view text, std::string_view prefix,
                        std::string_view suffix,
                        const std::optional<CursorSyntax>& syntax,
                        std::chrono::milliseconds patience) {
  PostProcessed fit{.text = std::string(text), .suppressed_by = {}};
  auto unit = IndentUnitAround(prefix, suffix);
  // What is usual in the language.
  if (!unit && syntax) unit = syntax->context().indent;
  if (unit) fit.text = FitIndentation(fit.text, prefix, *unit);
  if (!syntax) return fit;
  fit.text.resize(FitSyntax(*syntax, fit.text, patience).size());
  if (fit.text.empty()) fit.suppressed_by = "would add a syntax error";
  return fit;
}

// Says why a completion is not sure enough to be shown; empty: it is.
std::string TooUnsure(const std::optional<double>& mean_logprob,
                      double min_confidence) {
  if (!mean_logprob || *mean_logprob >= min_confidence) return {};
  return fmt::format(
      "low confidence (mean log-probability {:.1f}, threshold {:.1f})",
      *mean_logprob, min_confidence);
}

// What is around the cursor of a request, for deciding what to show.
struct Place {
  const CompletionRequest& request;
  const CompletionOptions& options;
  std::string_view prefix;
  std::string_view suffix;
  std::optional<CursorSyntax> syntax = {};  // set once it is needed

  void WaitForSyntax(std::chrono::milliseconds limit) {
    syntax =
        CursorSyntax::Of(request.syntax, request.before, request.after, limit);
  }
  StopRules MakeRules() const {
    return StopRules(options.extent, prefix, suffix, options.max_lines,
                     syntax ? &syntax->context() : nullptr);
  }
};

// Decides what is shown of what a model said.
Completion Decide(Watcher& watcher, const GeneratorReport& report,
                  Place& place) {
  const auto begin = Clock::now();
  if (!place.syntax) {
    // It may have come while the model was speaking.
    place.WaitForSyntax(std::chrono::milliseconds(0));
    if (place.syntax) watcher.Reconsider(place.MakeRules());
  }
  const StopDecision decision = watcher.Finish(report.reason);
  const std::string_view kept = watcher.text().substr(0, decision.keep_bytes);
  PostProcessed shown = PostProcess(kept, place.prefix, place.suffix);
  if (!shown.text.empty()) {
    shown = FitToFile(shown.text, place.prefix, place.suffix, place.syntax,
                      place.options.syntax_patience);
  }
  Completion completion;
  completion.stop = decision.stop;
  completion.trace = TraceOf(report);
  CompletionTrace& trace = completion.trace;
  trace.mean_logprob =
      watcher.MeanLogprob(shown.text.empty() ? kept : shown.text);
  if (shown.suppressed_by.empty()) {
    shown.suppressed_by =
        TooUnsure(trace.mean_logprob, place.options.min_confidence);
  }
  if (shown.suppressed_by.empty()) completion.text = std::move(shown.text);
  trace.suppressed_by = std::move(shown.suppressed_by);
  trace.stop = CompletionStopName(decision.stop);
  trace.extent = CompletionExtentName(watcher.extent());
  trace.syntax = SyntaxName(place.syntax);
  trace.post = Clock::now() - begin;
  return completion;
}

// Declarations before the cursor that are worth a checkpoint.
constexpr size_t kMaxAnchors = 8;

// Returns where declarations begin in the window's prefix, if that is known at
// once.
std::vector<size_t> Anchors(const CompletionRequest& request,
                            const ContextWindow& window) {
  std::vector<size_t> anchors;
  // The tree's offsets are those of the document's own line ends.
  if (request.before.find('\r') != std::string::npos) return anchors;
  const auto syntax =
      CursorSyntax::Of(request.syntax, request.before, request.after,
                       std::chrono::milliseconds(0));
  if (!syntax) return anchors;
  const size_t cursor = syntax->cursor_ofs();
  for (const size_t ofs : syntax->tree().Anchors(cursor, kMaxAnchors)) {
    if (cursor - ofs > window.prefix.size()) continue;
    anchors.push_back(window.prefix.size() - (cursor - ofs));
  }
  return anchors;
}

}  // namespace

ContextWindow CompletionService::Cut(const std::string& path,
                                     const std::string& before,
                                     const std::string& after,
                                     const ContextLimits& limits) {
  return windows_.Cut(
      path, before, after, limits,
      [this](std::string_view text) { return generator_.CountTokens(text); });
}

engine::Result<Completion> CompletionService::Complete(
    const CompletionRequest& request, const CompletionOptions& wanted,
    std::stop_token stop) {
  const auto begin = Clock::now();
  const CompletionOptions options =
      FitToModel(wanted, generator_.context_length());
  const std::string before = WithUnixLineEnds(request.before);
  const std::string after = WithUnixLineEnds(request.after);
  const ContextWindow window = Cut(request.path, before, after, options.limits);
  const std::string suffix = RuleSuffix(options.extent, window.suffix);
  const std::vector<size_t> anchors = Anchors(request, window);
  const Clock::duration cutting = Clock::now() - begin;

  Place place{.request = request,
              .options = options,
              .prefix = window.prefix,
              .suffix = suffix};
  Watcher watcher([&] {
    place.WaitForSyntax(kSyntaxWait);
    return place.MakeRules();
  });
  const auto report = generator_.Generate(
      {.prompt = {.path = request.path,
                  .prefix = window.prefix,
                  .suffix = window.suffix,
                  .anchors = anchors},
       .sampler = options.sampler,
       .max_tokens = options.max_tokens,
       .heal_tokens = options.heal_tokens,
       .on_token =
           [&](engine::TokenId token, std::string_view bytes, float logprob) {
             return watcher.Add(token, bytes, logprob);
           }},
      std::move(stop));
  if (!report) return report.error();

  Completion completion = Decide(watcher, *report, place);
  completion.trace.tokenize += cutting;
  return completion;
}

engine::Status CompletionService::Warm(const CompletionRequest& request,
                                       const CompletionOptions& wanted,
                                       std::stop_token stop) {
  const CompletionOptions options =
      FitToModel(wanted, generator_.context_length());
  const std::string before = WithUnixLineEnds(request.before);
  const std::string after = WithUnixLineEnds(request.after);
  const ContextWindow window = Cut(request.path, before, after, options.limits);
  const std::vector<size_t> anchors = Anchors(request, window);
  return generator_.Warm({.path = request.path,
                          .prefix = window.prefix,
                          .suffix = window.suffix,
                          .anchors = anchors},
                         std::move(stop));
}

}  // namespace krait::daemon
