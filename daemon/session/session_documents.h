// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_SESSION_DOCUMENTS_H_
#define KRAIT_DAEMON_SESSION_SESSION_DOCUMENTS_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/memory_budget.h"
#include "daemon/completion/completion_service.h"
#include "daemon/session/delayed_calls.h"
#include "daemon/session/document_places.h"
#include "daemon/session/editor_settings.h"
#include "daemon/session/file_lookup.h"
#include "daemon/session/nearby_documents.h"
#include "daemon/session/syntax_cache.h"
#include "lsp/document_store.h"
#include "lsp/lifecycle_types.h"

namespace krait::daemon {

// The documents of one session with their syntax trees, and where they lie in
// its workspace.
//
// Whether a document's text may be read is decided here, for all that reads
// it: the syntax trees, completions, and what other documents show the model.
// What may not be read is kept only to follow its changes. What was read, and
// may not be any more, be it open or not, is said, so that it is forgotten.
//
// All calls on the owner's thread.
class SessionDocuments {
 public:
  // What it works with; all must outlive it.
  struct Surroundings {
    const EditorSettings& settings;
    DelayedCalls& delays;
    FileLookup::PostToOwner post;
    FileLookup::LookUp look_up = LookUpFile;
    DocumentPlaces::Patience patience = {};
    // For the trees and the texts.
    std::shared_ptr<base::MemoryBudget> memory;
  };
  struct Callbacks {
    // It is known at last whether a document may be read, or again.
    std::function<void(const std::string& uri)> on_permission;
    // One that was read may not be any more. `files`: all absolute paths that
    // led to it.
    std::function<void(const std::string& uri, std::vector<std::string> files)>
        on_forbidden;
  };

  SessionDocuments(Surroundings surroundings, Callbacks callbacks);

  void set_encoding(lsp::PositionEncoding encoding) {
    store_.set_encoding(encoding);
  }
  lsp::PositionEncoding encoding() const { return store_.encoding(); }

  void AddFolders(std::span<const lsp::WorkspaceFolder> folders) {
    places_.AddFolders(folders);
  }
  void RemoveFolders(std::span<const lsp::WorkspaceFolder> folders) {
    places_.RemoveFolders(folders);
  }

  lsp::Status Open(const lsp::DidOpenParams& params);
  lsp::Result<lsp::DocumentChange> Change(const lsp::DidChangeParams& params);
  lsp::Status Close(const lsp::DidCloseParams& params);

  // As those of DocumentStore.
  bool IsLost(const std::string& uri) const { return store_.IsLost(uri); }
  std::vector<std::string> LoseBy(const lsp::Glimpse& glimpse);

  // The settings have changed. Returns the documents that may not be read by
  // them, or not yet.
  std::vector<std::string> ApplySettings();

  // Null if it is not open, or lost.
  lsp::DocumentSnapshot Get(const std::string& uri) const {
    return store_.Get(uri);
  }
  // All of them, to be named; see Readable for what they say.
  std::vector<lsp::DocumentSnapshot> All() const { return store_.All(); }
  // Those that may be read.
  std::vector<lsp::DocumentSnapshot> Readable() const;

  completion::ReadPermission PermissionOf(const std::string& uri) const;

  // Returns the document's path as the model is shown it; empty for one that
  // has none.
  std::string PathOf(const lsp::Document& document) const {
    return places_.PathOf(document.uri);
  }
  // Returns the text around a cursor, without its syntax. Without text, too, if
  // it may not be read.
  completion::CompletionRequest RequestAt(
      const lsp::Document& document, size_t cursor_ofs,
      const completion::WindowLimits& limits) const;
  completion::RequestSyntax SyntaxAt(const lsp::DocumentSnapshot& document,
                                     size_t cursor_ofs);
  // Returns the other documents that may be read, the nearest first: what a
  // model may be reminded of while it completes this one.
  std::vector<completion::NearbyText> Nearby(const lsp::Document& document);
  // Returns the folder that a question is about: the repository of the
  // document, if that is open and lies in one, or the first folder of the
  // workspace. Nothing if there is neither.
  std::optional<std::string> FolderAsked(
      const std::optional<std::string>& uri) const;
  // Returns where it lies in a repository; nothing if it lies in none.
  std::optional<DocumentPlaces::InRepository> InRepository(
      const std::string& uri) const {
    return places_.RepositoryOf(uri);
  }
  // Returns the repository that it lies in; null if it lies in none, or may not
  // be read.
  std::shared_ptr<const completion::RepositoryPlace> RepositoryOf(
      const lsp::Document& document);

 private:
  // Gives a document to the parser, or takes it away.
  void Parse(const std::string& uri);
  void NoteRead(const std::string& uri) { read_[uri].clear(); }
  // Says so if it was read and may not be any more.
  void CheckRead(const std::string& uri);
  bool MayNotBeReadNow(const std::string& uri,
                       const std::vector<std::string>& names) const;
  // The texts have changed.
  void ReportBytes();

  const EditorSettings& settings_;
  lsp::DocumentStore store_;
  SyntaxCache syntax_;
  NearbyDocuments nearby_;
  std::unordered_set<std::string> parsed_;  // URIs of what syntax_ was given
  // The names of what was read, by URI; empty while it is open.
  std::unordered_map<std::string, std::vector<std::string>> read_;
  const Callbacks callbacks_;
  base::MemoryBudget::Account texts_;
  DocumentPlaces places_;
  // The settings' rules, as they were when somebody last wanted them.
  std::shared_ptr<const completion::FileRules> file_rules_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_SESSION_DOCUMENTS_H_
