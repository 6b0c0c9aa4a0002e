// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/warming_policy.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/completion/rules/completion_rules.h"

namespace krait::daemon {
namespace {

// Who types on does not look at what is shown, and would have it for nothing.
constexpr std::chrono::milliseconds kPrefetchDelay{150};

}  // namespace

void WarmingPolicy::WarmAt(const lsp::DocumentSnapshot& document,
                           size_t cursor_ofs) {
  Seen(*document, cursor_ofs);
  completion::CompletionRequest request = parts_.documents.RequestAt(
      *document, cursor_ofs, parts_.settings.completion().limits);
  request.syntax = parts_.documents.SyntaxAt(document, cursor_ofs);
  request.others = parts_.documents.Nearby(*document);
  Warm(*document, std::move(request));
}

void WarmingPolicy::WarmWhereLast(const lsp::DocumentSnapshot& document) {
  const auto cursor = cursors_.find(document->uri);
  if (cursor == cursors_.end()) return;
  WarmAt(document, std::min(cursor->second, document->text.size()));
}

void WarmingPolicy::WarmBehind(const lsp::Document& document,
                               completion::CompletionRequest request,
                               const std::string& text) {
  request.before += text;
  std::optional<completion::Clock::time_point> prefetch_at;
  if (parts_.settings.rules().prefetch) {
    prefetch_at = completion::Clock::now() + kPrefetchDelay;
  }
  Warm(document, std::move(request), prefetch_at);
}

void WarmingPolicy::Warm(
    const lsp::Document& document, completion::CompletionRequest request,
    std::optional<completion::Clock::time_point> prefetch_at) {
  if (!parts_.documents.PermissionOf(document.uri).granted()) return;
  const completion::CompletionSubject subject{
      .unread_because = {},
      .language_id = document.language_id,
      .model_languages = parts_.host.model_languages()};
  // On demand, the demand is to find it warm.
  completion::CompletionRules always = parts_.settings.rules();
  always.trigger = completion::CompletionTrigger::kAutomatic;
  if (!completion::WhyForbidden(always, subject, /*invoked=*/false).empty()) {
    return;
  }
  parts_.host.Warm({.document = {parts_.session, document.uri},
                    .request = std::move(request),
                    .options = parts_.settings.completion(),
                    .prefetch_at = prefetch_at});
}

}  // namespace krait::daemon
