// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/session_documents.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "lsp/uri.h"

namespace krait::daemon {

SessionDocuments::SessionDocuments(
    Surroundings surroundings,
    std::function<void(const std::string& uri)> on_permission)
    : settings_(surroundings.settings),
      places_(std::move(surroundings.post), std::move(surroundings.look_up),
              surroundings.delays, surroundings.patience,
              [this, on_permission =
                         std::move(on_permission)](const std::string& uri) {
                Parse(uri);
                on_permission(uri);
              }) {}

lsp::Status SessionDocuments::Open(const lsp::DidOpenParams& params) {
  places_.Open(params.uri);
  const auto opened = store_.Open(params);
  Parse(params.uri);
  if (opened) return {};
  if (!store_.IsLost(params.uri)) places_.Close(params.uri);
  return opened.error();
}

lsp::Result<lsp::DocumentChange> SessionDocuments::Change(
    const lsp::DidChangeParams& params) {
  auto changed = store_.Change(params);
  if (!changed) {
    Parse(params.uri);
  } else if (PermissionOf(params.uri).granted()) {
    syntax_.Update(*changed);
    parsed_.insert(params.uri);
  }
  return changed;
}

lsp::Status SessionDocuments::Close(const lsp::DidCloseParams& params) {
  syntax_.Close(params.uri);
  nearby_.Close(params.uri);
  parsed_.erase(params.uri);
  places_.Close(params.uri);
  return store_.Close(params);
}

std::vector<std::string> SessionDocuments::LoseBy(const lsp::Glimpse& glimpse) {
  std::vector<std::string> lost = store_.LoseBy(glimpse);
  for (const std::string& uri : lost) {
    if (!places_.Has(uri)) places_.Open(uri);
    Parse(uri);
  }
  return lost;
}

void SessionDocuments::Parse(const std::string& uri) {
  const auto document = store_.Get(uri);
  if (document != nullptr && PermissionOf(uri).granted()) {
    syntax_.Update(document);
    parsed_.insert(uri);
  } else {
    syntax_.Close(uri);
    nearby_.Close(uri);
    parsed_.erase(uri);
  }
}

std::vector<std::string> SessionDocuments::Judge() {
  places_.Forget();
  std::vector<std::string> unread;
  for (const auto& document : store_.All()) {
    const std::string& uri = document->uri;
    const bool granted = PermissionOf(uri).granted();
    if (granted != parsed_.contains(uri)) Parse(uri);
    if (!granted) unread.push_back(uri);
  }
  return unread;
}

std::vector<lsp::DocumentSnapshot> SessionDocuments::Readable() const {
  std::vector<lsp::DocumentSnapshot> readable;
  for (auto& document : store_.All()) {
    if (PermissionOf(document->uri).granted()) {
      readable.push_back(std::move(document));
    }
  }
  return readable;
}

completion::ReadPermission SessionDocuments::PermissionOf(
    const std::string& uri) const {
  if (!settings_.known()) return settings_.permission();
  return places_.PermissionOf(uri, settings_.rules().files);
}

completion::CompletionRequest SessionDocuments::RequestAt(
    const lsp::Document& document, size_t cursor_ofs,
    const completion::ContextLimits& limits) const {
  completion::CompletionRequest request;
  request.path = PathOf(document);
  if (!PermissionOf(document.uri).granted()) return request;
  if (const auto file = lsp::UriToPath(document.uri)) {
    request.origin = std::filesystem::path(*file).lexically_normal().string();
  }
  request.before = document.text.TextBefore(
      cursor_ofs, std::max(completion::EnoughBytesBefore(limits),
                           completion::kRememberedBytes));
  request.after = document.text.TextAfter(
      cursor_ofs, std::max(completion::EnoughBytesAfter(limits),
                           completion::kRememberedBytes));
  return request;
}

completion::RequestSyntax SessionDocuments::SyntaxAt(
    const lsp::DocumentSnapshot& document, size_t cursor_ofs) {
  if (!PermissionOf(document->uri).granted()) return {};
  return syntax_.At(document, cursor_ofs);
}

std::vector<completion::NearbyText> SessionDocuments::Nearby(
    const lsp::Document& document) {
  std::vector<completion::OpenText> open;
  for (const lsp::DocumentSnapshot& other : Readable()) {
    if (other->uri == document.uri) continue;
    open.push_back({.path = PathOf(*other),
                    .language = other->language_id,
                    .text = nearby_.TextOf(other)});
  }
  return completion::NearestTexts(std::move(open), PathOf(document),
                                  document.language_id);
}

}  // namespace krait::daemon
