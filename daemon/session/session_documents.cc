// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/session_documents.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include "lsp/uri.h"

namespace krait::daemon {
namespace {

// Closed documents whose names are kept, to be forgotten if they must be.
constexpr size_t kMostRead = 2'000;

}  // namespace

SessionDocuments::SessionDocuments(Surroundings surroundings,
                                   Callbacks callbacks)
    : settings_(surroundings.settings),
      syntax_(surroundings.memory, surroundings.post),
      callbacks_(std::move(callbacks)),
      texts_(surroundings.memory, /*ask=*/{}),  // they are the editor's
      places_(std::move(surroundings.post), std::move(surroundings.look_up),
              surroundings.delays, surroundings.patience,
              [this](const std::string& uri) {
                Parse(uri);
                CheckRead(uri);
                callbacks_.on_permission(uri);
              }) {}

lsp::Status SessionDocuments::Open(const lsp::DidOpenParams& params) {
  places_.Open(params.uri);
  const auto opened = store_.Open(params);
  ReportBytes();
  Parse(params.uri);
  if (opened) return {};
  if (!store_.IsLost(params.uri)) places_.Close(params.uri);
  return opened.error();
}

lsp::Result<lsp::DocumentChange> SessionDocuments::Change(
    const lsp::DidChangeParams& params) {
  auto changed = store_.Change(params);
  ReportBytes();
  if (!changed) {
    Parse(params.uri);
  } else if (PermissionOf(params.uri).granted()) {
    syntax_.Update(*changed);
    parsed_.insert(params.uri);
    NoteRead(params.uri);
  }
  places_.LookAgain(params.uri);
  return changed;
}

lsp::Status SessionDocuments::Close(const lsp::DidCloseParams& params) {
  syntax_.Close(params.uri);
  nearby_.Close(params.uri);
  parsed_.erase(params.uri);
  if (const auto read = read_.find(params.uri); read != read_.end()) {
    read->second = places_.NamesOf(params.uri);
    // Any of them: who closes so many has forgotten most.
    if (read_.size() > kMostRead) read_.erase(read_.begin());
  }
  places_.Close(params.uri);
  lsp::Status closed = store_.Close(params);
  ReportBytes();
  return closed;
}

void SessionDocuments::ReportBytes() {
  base::MemoryUse use;
  for (const auto& document : store_.All()) use.bytes += document->text.size();
  (void)texts_.Report(use);  // nothing that could be given back
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
    NoteRead(uri);
  } else {
    syntax_.Close(uri);
    nearby_.Close(uri);
    parsed_.erase(uri);
  }
}

std::vector<std::string> SessionDocuments::ApplySettings() {
  places_.Forget();
  std::vector<std::string> unread;
  for (const auto& document : store_.All()) {
    const std::string& uri = document->uri;
    const bool granted = PermissionOf(uri).granted();
    if (granted != parsed_.contains(uri)) Parse(uri);
    if (!granted) unread.push_back(uri);
  }
  std::vector<std::string> read;
  for (const auto& [uri, names] : read_) read.push_back(uri);
  for (const std::string& uri : read) CheckRead(uri);
  return unread;
}

bool SessionDocuments::MayNotBeReadNow(
    const std::string& uri, const std::vector<std::string>& names) const {
  if (!settings_.known()) return false;  // nothing is read meanwhile
  if (places_.Has(uri)) {
    const completion::ReadPermission permission = PermissionOf(uri);
    return !permission.pending && !permission.granted();
  }
  return !settings_.rules().files.WhyUnread(names).empty();
}

void SessionDocuments::CheckRead(const std::string& uri) {
  const auto read = read_.find(uri);
  if (read == read_.end() || !MayNotBeReadNow(uri, read->second)) return;
  std::vector<std::string> names = std::move(read->second);
  std::ranges::move(places_.NamesOf(uri), std::back_inserter(names));
  std::set<std::string> files;
  for (const std::string& name : names) {
    const auto path = std::filesystem::path(name).lexically_normal();
    if (path.is_absolute() && path.has_filename()) files.insert(path.string());
  }
  read_.erase(read);
  callbacks_.on_forbidden(uri, {files.begin(), files.end()});
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
    const completion::WindowLimits& limits) const {
  completion::CompletionRequest request;
  request.path = PathOf(document);
  if (!PermissionOf(document.uri).granted()) return request;
  if (const auto file = lsp::UriToPath(document.uri)) {
    request.origin = std::filesystem::path(*file).lexically_normal().string();
  }
  const remote::RemoteSettings& remote = settings_.remote();
  request.may_leave = remote.completion && !settings_.rules().local_only &&
                      places_.MayBeSent(document.uri, remote.workspaces);
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

std::optional<std::string> SessionDocuments::FolderAsked(
    const std::optional<std::string>& uri) const {
  if (uri) {
    if (auto place = places_.RepositoryOf(*uri)) return std::move(place->root);
  }
  if (places_.roots().empty()) return std::nullopt;
  return places_.roots().front().string();
}

std::shared_ptr<const completion::RepositoryPlace>
SessionDocuments::RepositoryOf(const lsp::Document& document) {
  if (!PermissionOf(document.uri).granted()) return nullptr;
  const auto in_repository = places_.RepositoryOf(document.uri);
  const grammars::Language* const language =
      grammars::LanguageOfLspId(document.language_id);
  if (!in_repository || language == nullptr) return nullptr;
  const completion::FileRules& rules = settings_.rules().files;
  if (!rules.trusted()) return nullptr;
  if (file_rules_ == nullptr || *file_rules_ != rules) {
    file_rules_ = std::make_shared<const completion::FileRules>(rules);
  }
  completion::RepositoryPlace place{.root = in_repository->root,
                                    .language = std::string(language->name),
                                    .file = in_repository->path,
                                    .rules = file_rules_};
  for (const lsp::DocumentSnapshot& open : store_.All()) {
    auto other = places_.RepositoryOf(open->uri);
    if (other && other->root == place.root) {
      place.open.push_back(std::move(other->path));
    }
  }
  return std::make_shared<const completion::RepositoryPlace>(std::move(place));
}

}  // namespace krait::daemon
