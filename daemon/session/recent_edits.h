// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_RECENT_EDITS_H_
#define KRAIT_DAEMON_SESSION_RECENT_EDITS_H_

#include <cstddef>
#include <list>
#include <string>
#include <vector>

#include "daemon/completion/text/repository_context.h"
#include "daemon/session/session_documents.h"
#include "lsp/document_store.h"

namespace krait::daemon {

// Where the open documents were edited last. Thread-compatible.
class RecentEdits {
 public:
  void Note(const lsp::DocumentChange& change);
  void Close(const std::string& uri);

  // Returns the lines around the last edits of other documents of the
  // repository at `root` that may be read, the last edit first.
  std::vector<completion::ContextPiece> Around(
      const SessionDocuments& documents, const std::string& uri,
      const std::string& root) const;

 private:
  static constexpr size_t kMost = 16;
  struct Edit {
    std::string uri;
    size_t ofs;  // in the document as it is
  };
  std::list<Edit> edits_;  // one for each document, the last first
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_RECENT_EDITS_H_
