// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/completion_service.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/completion/post_process.h"
#include "daemon/completion/repetition.h"

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

// Returns the size of `text` without its last line, which was cut off
// somewhere, unless it is the only one.
size_t WholeLines(std::string_view text) {
  const size_t end = text.rfind('\n');
  return end == std::string_view::npos ? text.size() : end;
}

// Watches a generation token by token and decides when it is enough.
class Watcher {
 public:
  explicit Watcher(StopRules rules) : rules_(std::move(rules)) {}

  // Returns whether to go on.
  bool Add(engine::TokenId token, std::string_view bytes, float logprob) {
    tokens_.push_back(token);
    logprobs_.push_back(logprob);
    text_ += bytes;
    ends_.push_back(text_.size());
    decision_ = rules_.Check(text_, /*finished=*/false);
    if (decision_) return false;
    if (const auto keep = FindRepetition(tokens_)) {
      const size_t bytes_kept = *keep == 0 ? 0 : ends_[*keep - 1];
      decision_ = StopDecision{CompletionStop::kRepetition, bytes_kept};
      return false;
    }
    if (const auto keep = FindRepeatedLine(text_)) {
      decision_ = StopDecision{CompletionStop::kRepetition, *keep};
      return false;
    }
    return true;
  }

  // The model has ended by itself, or for lack of tokens.
  StopDecision Finish(engine::StopReason reason) {
    if (decision_) return *decision_;
    if (const auto decision = rules_.Check(text_, /*finished=*/true)) {
      return *decision;
    }
    switch (reason) {
      case engine::StopReason::kMaxTokens:
        return {CompletionStop::kMaxTokens, WholeLines(text_)};
      case engine::StopReason::kNotFinite:
        return {CompletionStop::kNotFinite, text_.size()};
      default:
        return {CompletionStop::kEndOfSequence, text_.size()};
    }
  }

  std::string_view text() const { return text_; }

  // Returns the mean of the log-probabilities of the tokens that begin within
  // the first `bytes`; nothing if none does.
  std::optional<double> MeanLogprob(size_t bytes) const {
    double sum = 0;
    size_t count = 0;
    for (; count < ends_.size(); ++count) {
      const size_t begin = count == 0 ? 0 : ends_[count - 1];
      if (begin >= bytes) break;
      sum += static_cast<double>(logprobs_[count]);
    }
    if (count == 0) return std::nullopt;
    return sum / static_cast<double>(count);
  }

 private:
  StopRules rules_;
  std::string text_;
  std::vector<engine::TokenId> tokens_;
  std::vector<float> logprobs_;
  std::vector<size_t> ends_;  // bytes of text_ after each token
  std::optional<StopDecision> decision_;
};

CompletionTrace TraceOf(const GeneratorReport& report) {
  CompletionTrace trace;
  trace.plan = engine::FimLayoutName(report.layout);
  trace.tokens_reused = report.tokens_reused;
  trace.tokens_replayed = report.tokens_replayed;
  trace.tokens_computed = report.tokens_computed;
  trace.tokens_generated = report.tokens_generated;
  trace.tokenize = report.tokenize;
  trace.prefill = report.prefill;
  trace.decode = report.decode;
  return trace;
}

// Cuts out what the model is to see of two texts with Unix line ends.
ContextWindow CutWindow(const Generator& generator, const std::string& before,
                        const std::string& after, const ContextLimits& limits) {
  return CutContext(before, after, limits, [&](std::string_view text) {
    return generator.CountTokens(text);
  });
}

}  // namespace

engine::Result<Completion> CompletionService::Complete(
    const CompletionRequest& request, const CompletionOptions& wanted,
    std::stop_token stop) {
  const auto begin = Clock::now();
  const CompletionOptions options =
      FitToModel(wanted, generator_.context_length());
  const std::string before = WithUnixLineEnds(request.before);
  const std::string after = WithUnixLineEnds(request.after);
  const ContextWindow window =
      CutWindow(generator_, before, after, options.limits);
  const Clock::duration cutting = Clock::now() - begin;

  Watcher watcher(StopRules(options.extent, window.prefix, window.suffix,
                            options.max_lines));
  const auto report = generator_.Generate(
      {.prompt = {.path = request.path,
                  .prefix = window.prefix,
                  .suffix = window.suffix},
       .sampler = options.sampler,
       .max_tokens = options.max_tokens,
       .on_token =
           [&](engine::TokenId token, std::string_view bytes, float logprob) {
             return watcher.Add(token, bytes, logprob);
           }},
      stop);
  if (!report) return report.error();

  const auto post_begin = Clock::now();
  const StopDecision decision = watcher.Finish(report->reason);
  PostProcessed shown =
      PostProcess(watcher.text().substr(0, decision.keep_bytes), window.prefix,
                  window.suffix);
  Completion completion;
  completion.text = std::move(shown.text);
  completion.stop = decision.stop;
  completion.trace = TraceOf(*report);
  completion.trace.stop = CompletionStopName(decision.stop);
  completion.trace.mean_logprob = watcher.MeanLogprob(
      completion.text.empty() ? decision.keep_bytes : completion.text.size());
  completion.trace.tokenize += cutting;
  completion.trace.post = Clock::now() - post_begin;
  completion.trace.suppressed_by = std::move(shown.suppressed_by);
  return completion;
}

engine::Status CompletionService::Warm(const CompletionRequest& request,
                                       const CompletionOptions& wanted,
                                       std::stop_token stop) {
  const CompletionOptions options =
      FitToModel(wanted, generator_.context_length());
  const std::string before = WithUnixLineEnds(request.before);
  const std::string after = WithUnixLineEnds(request.after);
  const ContextWindow window =
      CutWindow(generator_, before, after, options.limits);
  return generator_.Warm(
      {.path = request.path, .prefix = window.prefix, .suffix = window.suffix},
      std::move(stop));
}

}  // namespace krait::daemon
