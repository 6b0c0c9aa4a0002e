// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/completion_service.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/completion/generator/readiness.h"
#include "daemon/completion/running_completion.h"

namespace krait::completion {
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

// The least of the text behind the cursor, in tokens, that a completion has to
// fit in front of.
constexpr size_t kLeastAfter = 256;

// A model may take minutes for what is perhaps not wanted.
constexpr std::chrono::seconds kMostTimeToPrefetch{1};

// Declarations before the cursor that are worth a checkpoint.
constexpr size_t kMaxAnchors = 8;

// The syntax at the cursor of a request whose lines end as those of its tree.
std::optional<CursorSyntax> SyntaxOf(const CompletionRequest& request) {
  if (request.before.find('\r') != std::string::npos) return std::nullopt;
  return CursorSyntax::Of(request.syntax, request.before, request.after);
}

// Returns where declarations begin in the prefix, if that is known.
std::vector<size_t> Anchors(const CompletionRequest& request,
                            std::string_view prefix) {
  std::vector<size_t> anchors;
  const auto syntax = SyntaxOf(request);
  if (!syntax) return anchors;
  const size_t cursor = syntax->cursor_ofs();
  for (const size_t ofs : syntax->tree().Anchors(cursor, kMaxAnchors)) {
    if (cursor - ofs > prefix.size()) continue;
    anchors.push_back(prefix.size() - (cursor - ofs));
  }
  return anchors;
}

// Returns whether the cursor and the place `after` bytes behind it are in the
// same declaration, or both in none, if that is known.
bool InOneDeclaration(const CompletionRequest& request, size_t after) {
  const auto syntax = SyntaxOf(request);
  if (!syntax) return false;
  const auto begin = [](const grammars::SyntaxContext& context) {
    const auto& enclosing = context.enclosing;
    return enclosing.empty() ? std::string::npos : enclosing.front().begin_ofs;
  };
  return begin(syntax->context()) ==
         begin(syntax->tree().ContextAt(syntax->cursor_ofs() + after));
}

}  // namespace

CompletionTrace TraceOf(const GeneratorReport& report) {
  CompletionTrace trace;
  trace.plan = report.plan;
  trace.plan_reason = report.reason_for_plan;
  trace.tokens_reused = report.tokens_reused;
  trace.tokens_replayed = report.tokens_replayed;
  trace.tokens_computed = report.tokens_computed;
  trace.tokens_generated = report.tokens_generated;
  trace.tokens_of_context = report.tokens_of_context;
  trace.tokenize = report.tokenize;
  trace.prefill = report.prefill;
  trace.decode = report.decode;
  return trace;
}

// Shrinks the limits to what the model can attend to, four fifths of it for
// the prefix.
CompletionOptions CompletionService::Fit(CompletionOptions options) const {
  const size_t context_length = generator_.context_length();
  if (context_length == 0) return options;
  options.max_tokens = std::min(options.max_tokens, context_length / 4);
  const size_t used =
      options.max_tokens + std::min(kReservedTokens, context_length / 4);
  options.context_tokens =
      std::min(options.context_tokens, (context_length - used) / 4);
  const size_t budget = context_length - used - options.context_tokens;
  options.limits.suffix_tokens =
      std::min(options.limits.suffix_tokens, budget / 5);
  options.limits.prefix_tokens = std::min(
      options.limits.prefix_tokens, budget - options.limits.suffix_tokens);
  options.limits.pause_tokens = std::min(options.limits.pause_tokens,
                                         budget - options.limits.suffix_tokens);
  return options;
}

CompletionPlace CompletionService::PlaceOf(const CompletionRequest& request,
                                           const CompletionOptions& options) {
  CompletionPlace place;
  place.whole_before = WithUnixLineEnds(request.before);
  place.whole_after = WithUnixLineEnds(request.after);
  const WindowLimits& limits = options.limits;
  const std::string_view before =
      LastBytes(place.whole_before, EnoughBytesBefore(limits));
  const std::string_view after =
      FirstBytes(place.whole_after, EnoughBytesAfter(limits));
  const auto count = [this](std::string_view text) {
    return generator_.CountTokens(text);
  };
  place.document = request.document.empty() ? request.path : request.document;
  place.path = request.path;
  place.origin = request.origin;
  place.may_leave = request.may_leave;
  place.prefix =
      prefixes_.Cut(place.document, before, limits.prefix_tokens, count);
  // What fits there does not depend on how much of it the model reads.
  place.after =
      CutSuffix(after, std::max(limits.suffix_tokens, kLeastAfter), count);
  const SuffixWindow suffix =
      suffixes_.Cut(place.document, after, limits.suffix_tokens, count,
                    [&](size_t ofs) { return InOneDeclaration(request, ofs); });
  place.suffix = suffix.text;
  place.earlier_suffix = suffix.earlier;
  place.anchors = Anchors(request, place.prefix);
  place.pause_tokens = limits.pause_tokens;
  place.remembered = options.file_memory;
  place.others = request.others;
  if (options.repository_memory) place.repository = request.repository;
  if (options.context_tokens > 0) {
    place.context =
        request.context_now && request.context != nullptr
            ? std::make_shared<const RepositoryContext>(
                  request.context->Within(options.context_tokens, count))
            : contexts_.Of(place.document);
  }
  if (request.syntax.language != nullptr) {
    place.line_comment = request.syntax.language->line_comment;
  }
  return place;
}

std::unique_ptr<RunningCompletion> CompletionService::Begin(
    const CompletionRequest& request, const CompletionOptions& wanted,
    std::stop_token stop) {
  const auto begin = Clock::now();
  const CompletionOptions options = Fit(wanted);
  CompletionPlace place = PlaceOf(request, options);
  const Clock::duration cutting = Clock::now() - begin;
  return std::make_unique<RunningCompletion>(
      request, options, std::move(place), cutting, generator_, std::move(stop));
}

void CompletionService::Advance(
    std::span<RunningCompletion* const> completions) {
  std::vector<RunningGeneration*> generations;
  for (RunningCompletion* const completion : completions) {
    completion->AddGenerations(&generations);
  }
  generator_.Advance(generations);
  for (RunningCompletion* const completion : completions) {
    completion->GoOn();
  }
}

base::Result<Completion> CompletionService::Complete(
    const CompletionRequest& request, const CompletionOptions& options,
    std::stop_token stop) {
  if (request.syntax.slot != nullptr) {
    (void)request.syntax.slot->Wait(tree_patience_);
  }
  const auto completion = Begin(request, options, std::move(stop));
  RunningCompletion* const alone = completion.get();
  while (!alone->ended()) {
    std::vector<RunningGeneration*> generations;
    alone->AddGenerations(&generations);
    RestWhileAllWait(generations);
    Advance({&alone, 1});
  }
  return alone->Finish();
}

base::Status CompletionService::Warm(const CompletionRequest& request,
                                     const CompletionOptions& wanted,
                                     std::stop_token stop) {
  const CompletionPlace place = PlaceOf(request, Fit(wanted));
  return generator_.Warm(place.prompt(), std::move(stop));
}

base::Status CompletionService::ReadContext(const CompletionRequest& request,
                                            const CompletionOptions& wanted,
                                            std::stop_token stop) {
  const CompletionOptions options = Fit(wanted);
  CompletionPlace place = PlaceOf(request, options);
  RepositoryContextPtr context = contexts_.ToRead(
      place.document, request.context, options.context_tokens,
      [this](std::string_view text) { return generator_.CountTokens(text); });
  if (context == nullptr) return {};
  place.context = context;
  if (auto read = generator_.Warm(place.prompt(), std::move(stop)); !read) {
    return read;
  }
  contexts_.Use(place.document, std::move(context));
  return {};
}

base::Status CompletionService::ReadAhead(const CompletionRequest& request,
                                          const CompletionOptions& wanted,
                                          std::stop_token stop) {
  const CompletionPlace place = PlaceOf(request, Fit(wanted));
  return generator_.ReadAhead(place.prompt(), std::move(stop));
}

base::Status CompletionService::Prefetch(const CompletionRequest& request,
                                         const CompletionOptions& wanted,
                                         std::stop_token stop) {
  // What is drawn by chance is not continued, and what an engine elsewhere says
  // is not asked for while nobody waits.
  if (wanted.sampling.temperature > 0 || request.may_leave) return {};
  const CompletionOptions options = Fit(wanted);
  const CompletionPlace place = PlaceOf(request, options);
  const auto end = Clock::now() + kMostTimeToPrefetch;
  const auto said = generator_.Generate(
      {.prompt = place.prompt(),
       .sampling = options.sampling,
       .max_tokens = options.max_tokens,
       .heal_tokens = options.heal_tokens,
       .on_piece = [end](const Piece&) { return Clock::now() < end; }},
      std::move(stop));
  if (!said) return said.error();
  return {};
}

void CompletionService::Forget() {
  prefixes_ = {};
  suffixes_ = {};
  contexts_.Forget();
}

}  // namespace krait::completion
