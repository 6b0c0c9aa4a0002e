// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_SESSION_DOCUMENTS_H_
#define KRAIT_DAEMON_SERVER_SESSION_DOCUMENTS_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/server/syntax_cache.h"
#include "lsp/document_store.h"
#include "lsp/lifecycle_types.h"

namespace krait::daemon {

// The documents of one session with their syntax trees, and where they lie in
// its workspace. Thread-compatible.
class SessionDocuments {
 public:
  void set_encoding(lsp::PositionEncoding encoding) {
    store_.set_encoding(encoding);
  }
  lsp::PositionEncoding encoding() const { return store_.encoding(); }

  void AddFolders(std::span<const lsp::WorkspaceFolder> folders);
  void RemoveFolders(std::span<const lsp::WorkspaceFolder> folders);

  lsp::Status Open(const lsp::DidOpenParams& params);
  lsp::Result<lsp::DocumentChange> Change(const lsp::DidChangeParams& params);
  lsp::Status Close(const lsp::DidCloseParams& params);

  // Null if it is not open, or lost.
  lsp::DocumentSnapshot Get(const std::string& uri) const {
    return store_.Get(uri);
  }
  std::vector<lsp::DocumentSnapshot> All() const { return store_.All(); }

  // Returns the document's path as the model is shown it; empty for one that
  // is no file.
  std::string PathOf(const lsp::Document& document) const;
  // Returns the text around a cursor, without its syntax.
  CompletionRequest RequestAt(const lsp::Document& document, size_t cursor_ofs,
                              const ContextLimits& limits) const;
  RequestSyntax SyntaxAt(const lsp::DocumentSnapshot& document,
                         size_t cursor_ofs) {
    return syntax_.At(document, cursor_ofs);
  }

 private:
  lsp::DocumentStore store_;
  SyntaxCache syntax_;
  std::vector<std::filesystem::path> roots_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_SESSION_DOCUMENTS_H_
