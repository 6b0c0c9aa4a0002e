// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/document_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "daemon/completion/text/workspace_path.h"
#include "lsp/uri.h"

namespace krait::daemon {
namespace {

// Returns the fragment of a cell's URI, by which the cells of a notebook
// differ, with its "#"; else nothing.
std::string_view CellOf(std::string_view uri) {
  constexpr std::string_view kCellScheme = "vscode-notebook-cell";
  const size_t hash = uri.find('#');
  const bool cell = uri.starts_with(kCellScheme) && hash != uri.npos;
  return cell ? uri.substr(hash) : std::string_view();
}

// Returns the path on this machine, as far as one can be made of the URI; of
// another form where the document is no file.
std::string LocalPath(const std::string& uri) {
  if (uri.size() > lsp::kMaxUriBytes) return {};
  const auto path = lsp::UriToPath(uri);
  return path ? *path : lsp::PathOfUri(uri);
}

}  // namespace

DocumentPlaces::DocumentPlaces(
    FileLookup::PostToOwner post, FileLookup::LookUp look_up,
    DelayedCalls& delays, Patience patience,
    std::function<void(const std::string& uri)> on_known)
    : lookup_(std::move(post), std::move(look_up)),
      delays_(delays),
      patience_(patience),
      on_known_(std::move(on_known)) {}

void DocumentPlaces::AddFolders(std::span<const lsp::WorkspaceFolder> folders) {
  for (const lsp::WorkspaceFolder& folder : folders) {
    if (const auto path = lsp::UriToPath(folder.uri)) {
      roots_.emplace_back(*path);
    }
  }
  ForgetPaths();
}

void DocumentPlaces::RemoveFolders(
    std::span<const lsp::WorkspaceFolder> folders) {
  for (const lsp::WorkspaceFolder& folder : folders) {
    if (const auto path = lsp::UriToPath(folder.uri)) {
      std::erase(roots_, std::filesystem::path(*path));
    }
  }
  ForgetPaths();
}

void DocumentPlaces::ForgetPaths() {
  for (auto& [uri, place] : places_) place.path.clear();
}

void DocumentPlaces::Open(const std::string& uri) {
  Place& place = places_[uri];
  place = Place();
  place.opening = ++openings_;
  place.names = lsp::PathsInUri(uri);
  const std::string path = LocalPath(uri);
  if (uri.size() > lsp::kMaxUriBytes) {
    place.problem =
        fmt::format("its URI is longer than {} bytes", lsp::kMaxUriBytes);
  }
  if (!path.starts_with('/')) return;  // an unnamed one
  place.pending = true;
  const FileLookup::Ticket ticket =
      lookup_.Find(std::filesystem::path(path).lexically_normal(),
                   [this, uri, opening = place.opening](
                       const FileFacts& facts) { Found(uri, opening, facts); });
  delays_.After(patience_.with_files,
                [this, uri, opening = place.opening, ticket] {
                  lookup_.SetLate(ticket);
                  WaitedLong(uri, opening);
                });
}

DocumentPlaces::Place* DocumentPlaces::Find(const std::string& uri,
                                            uint64_t opening) {
  const auto found = places_.find(uri);
  if (found == places_.end() || found->second.opening != opening) {
    return nullptr;
  }
  return &found->second;
}

void DocumentPlaces::Found(const std::string& uri, uint64_t opening,
                           const FileFacts& facts) {
  Place* place = Find(uri, opening);
  if (place == nullptr) return;
  for (const auto& path : facts.real_paths) {
    place->names.push_back(path.generic_string());
  }
  place->repository = facts.repository;
  place->ignored = facts.ignored;
  place->problem = facts.problem;
  place->pending = false;
  place->looked_at = std::chrono::steady_clock::now();
  place->judged = false;
  place->path.clear();
  on_known_(uri);
}

void DocumentPlaces::LookAgain(const std::string& uri) {
  const auto found = places_.find(uri);
  if (found == places_.end()) return;
  Place& place = found->second;
  const std::string path = LocalPath(uri);
  if (!path.starts_with('/') || place.pending || place.looking_again) return;
  place.looking_again = true;
  const auto look = [this, uri, path, opening = place.opening] {
    if (Find(uri, opening) == nullptr) return;
    const FileLookup::Ticket ticket =
        lookup_.Find(std::filesystem::path(path).lexically_normal(),
                     [this, uri, opening](const FileFacts& facts) {
                       FoundAgain(uri, opening, facts);
                     });
    delays_.After(patience_.with_files,
                  [this, ticket] { lookup_.SetLate(ticket); });
  };
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(
      place.looked_at + patience_.again_after -
      std::chrono::steady_clock::now());
  if (wait.count() > 0) {
    delays_.After(wait, look);
  } else {
    look();
  }
}

// A file system that does not answer for once says nothing new.
void DocumentPlaces::FoundAgain(const std::string& uri, uint64_t opening,
                                const FileFacts& facts) {
  Place* place = Find(uri, opening);
  if (place == nullptr) return;
  place->looking_again = false;
  place->looked_at = std::chrono::steady_clock::now();
  place->ignored = place->ignored || facts.ignored;
  const size_t known = place->names.size();
  for (const auto& path : facts.real_paths) {
    std::string name = path.generic_string();
    if (std::ranges::find(place->names, name) == place->names.end()) {
      place->names.push_back(std::move(name));
    }
  }
  if (place->names.size() == known) return;
  place->judged = false;
  on_known_(uri);
}

std::vector<std::string> DocumentPlaces::NamesOf(const std::string& uri) const {
  const auto found = places_.find(uri);
  return found == places_.end() ? std::vector<std::string>()
                                : found->second.names;
}

void DocumentPlaces::WaitedLong(const std::string& uri, uint64_t opening) {
  Place* place = Find(uri, opening);
  if (place == nullptr || !place->pending) return;
  place->pending = false;
  place->judged = false;
  place->problem = "its file system does not answer";
  on_known_(uri);
}

const completion::ReadPermission& DocumentPlaces::PermissionOf(
    const std::string& uri, const completion::FileRules& rules) const {
  static const completion::ReadPermission closed{
      .why_not = "the document is not open"};
  const auto found = places_.find(uri);
  if (found == places_.end()) return closed;
  const Place& place = found->second;
  if (place.judged) return place.permission;
  place.judged = true;
  place.permission = {};
  std::string& why_not = place.permission.why_not;
  if (!place.names.empty() || !rules.trusted()) {
    why_not = rules.WhyUnread(place.names);
  }
  // What is forbidden by one name needs no others.
  if (!why_not.empty()) return place.permission;
  place.permission.pending = place.pending;
  if (!place.problem.empty() || place.names.empty()) {
    why_not =
        fmt::format("it cannot be told which file this is: {}",
                    place.problem.empty() ? "it has no name" : place.problem);
  }
  return place.permission;
}

void DocumentPlaces::Forget() {
  for (auto& [uri, place] : places_) place.judged = false;
}

std::string DocumentPlaces::PathOf(const std::string& uri) const {
  const auto found = places_.find(uri);
  const std::string path = LocalPath(uri);
  if (found == places_.end() || path.empty()) return path;
  const Place& place = found->second;
  if (place.path.empty()) {
    place.path = path.starts_with('/')
                     ? completion::WorkspacePath(path, roots_, place.repository)
                     : path;
    place.path += CellOf(uri);
  }
  return place.path;
}

bool DocumentPlaces::MayBeSent(const std::string& uri,
                               std::span<const std::string> folders) const {
  const auto found = places_.find(uri);
  if (found == places_.end()) return false;
  const Place& place = found->second;
  if (place.pending || place.ignored || !place.problem.empty() ||
      place.names.empty()) {
    return false;
  }
  return std::ranges::all_of(place.names, [folders](const std::string& name) {
    const auto path =
        std::filesystem::path(name).lexically_normal().generic_string();
    return std::ranges::any_of(folders, [&path](const std::string& folder) {
      return path.size() > folder.size() && path.starts_with(folder) &&
             (folder == "/" || path[folder.size()] == '/');
    });
  });
}

std::optional<DocumentPlaces::InRepository> DocumentPlaces::RepositoryOf(
    const std::string& uri) const {
  const auto found = places_.find(uri);
  if (found == places_.end()) return std::nullopt;
  const Place& place = found->second;
  const std::string root = place.repository.generic_string();
  if (place.pending || root.empty()) return std::nullopt;
  // The last name is the one without links.
  for (auto name = place.names.rbegin(); name != place.names.rend(); ++name) {
    if (name->size() > root.size() + 1 && name->starts_with(root) &&
        (*name)[root.size()] == '/') {
      return InRepository{.root = root, .path = name->substr(root.size() + 1)};
    }
  }
  return std::nullopt;
}

}  // namespace krait::daemon
