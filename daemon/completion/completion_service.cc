// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/completion_service.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/completion/running_completion.h"

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

std::unique_ptr<RunningCompletion> CompletionService::Begin(
    const CompletionRequest& request, const CompletionOptions& wanted,
    std::stop_token stop) {
  const auto begin = Clock::now();
  const CompletionOptions options =
      FitToModel(wanted, generator_.context_length());
  const std::string before = WithUnixLineEnds(request.before);
  const std::string after = WithUnixLineEnds(request.after);
  const ContextWindow window = Cut(request.path, before, after, options.limits);
  RunningCompletion::Place place{.prefix = std::string(window.prefix),
                                 .suffix = std::string(window.suffix),
                                 .anchors = Anchors(request, window)};
  place.cutting = Clock::now() - begin;
  return std::make_unique<RunningCompletion>(request, options, std::move(place),
                                             generator_, std::move(stop));
}

void CompletionService::Advance(
    std::span<RunningCompletion* const> completions) {
  std::vector<RunningGeneration*> generations;
  for (RunningCompletion* const completion : completions) {
    generations.push_back(&completion->generation());
  }
  generator_.Advance(generations);
}

engine::Result<Completion> CompletionService::Complete(
    const CompletionRequest& request, const CompletionOptions& options,
    std::stop_token stop) {
  const auto completion = Begin(request, options, std::move(stop));
  RunningCompletion* const alone = completion.get();
  while (!alone->ended()) Advance({&alone, 1});
  return alone->Finish();
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
