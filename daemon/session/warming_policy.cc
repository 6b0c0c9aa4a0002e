// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/warming_policy.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/completion/rules/completion_rules.h"
#include "daemon/repository/context_finder.h"

namespace krait::daemon {
namespace {

// Somebody who goes on typing will not accept what is shown, so what could come
// after it is computed only when the typing rests this long.
constexpr std::chrono::milliseconds kPrefetchDelay{150};

}  // namespace

completion::CompletionRequest WarmingPolicy::RequestAt(
    const lsp::DocumentSnapshot& document, size_t cursor_ofs) {
  cursor_ofs = std::min(cursor_ofs, document->text.size());
  completion::CompletionRequest request = parts_.documents.RequestAt(
      *document, cursor_ofs, parts_.settings.completion().limits);
  request.syntax = parts_.documents.SyntaxAt(document, cursor_ofs);
  request.others = parts_.documents.Nearby(*document);
  request.repository = parts_.documents.RepositoryOf(*document);
  return request;
}

void WarmingPolicy::WarmAt(const lsp::DocumentSnapshot& document,
                           size_t cursor_ofs) {
  Seen(*document, cursor_ofs);
  completion::CompletionRequest request = RequestAt(document, cursor_ofs);
  AskForContext(*document, request);
  Warm(*document, std::move(request));
}

void WarmingPolicy::AskForContext(
    const lsp::Document& document,
    const completion::CompletionRequest& request) {
  const size_t tokens = parts_.settings.completion().context_tokens;
  const auto place = parts_.documents.InRepository(document.uri);
  if (parts_.contexts == nullptr || tokens == 0 ||
      request.repository == nullptr || !place) {
    return;
  }
  parts_.contexts->Ask(
      {.uri = document.uri,
       .root = place->root,
       .path = place->path,
       .language = request.repository->language,
       .before = request.before,
       .after = request.after,
       .edited = edits_.Around(parts_.documents, document.uri, place->root),
       .most_bytes = tokens * repository::kBytesOfToken,
       .rules = parts_.settings.rules().files});
}

void WarmingPolicy::ContextFound(const std::string& uri) {
  const auto document = parts_.documents.Get(uri);
  const auto cursor = cursors_.find(uri);
  if (document == nullptr || cursor == cursors_.end()) return;
  Warm(*document, RequestAt(document, cursor->second));
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
  const std::string why_not = completion::WhyForbidden(
      parts_.settings.rules(), subject, completion::Occasion::kReady);
  if (!why_not.empty()) return;
  if (parts_.contexts != nullptr) {
    request.context = parts_.contexts->Of(document.uri);
  }
  parts_.host.Warm({.document = {parts_.session, document.uri},
                    .request = std::move(request),
                    .options = parts_.settings.completion(),
                    .prefetch_at = prefetch_at});
}

}  // namespace krait::daemon
