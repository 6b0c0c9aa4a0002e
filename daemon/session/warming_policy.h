// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_WARMING_POLICY_H_
#define KRAIT_DAEMON_SESSION_WARMING_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/host/completion_host.h"
#include "daemon/session/editor_settings.h"
#include "daemon/session/recent_edits.h"
#include "daemon/session/repository_contexts.h"
#include "daemon/session/session_documents.h"
#include "lsp/document_store.h"

namespace krait::daemon {

// What a session has its model do while nobody waits: it is brought to where
// the next request is likely to be, which is the end of the last edit, the
// cursor of the document that gets the focus, and, after an answer, the place
// behind what is shown; there the next one is generated ahead once the user has
// looked at it for a moment (unless `completion.prefetch` is off).
//
// Thread-compatible.
class WarmingPolicy {
 public:
  // What it works with; all must outlive it. `session`: of the documents, to
  // the host.
  struct Parts {
    CompletionHost& host;
    SessionDocuments& documents;
    const EditorSettings& settings;
    RepositoryContexts* contexts = nullptr;  // null: none are found
    uint64_t session = 0;
  };

  explicit WarmingPolicy(Parts parts) : parts_(parts) {}

  // The user is there now.
  void WarmAt(const lsp::DocumentSnapshot& document, size_t cursor_ofs);
  // The user is back in the document, where the cursor was last, if it was.
  void WarmWhereLast(const lsp::DocumentSnapshot& document);
  // Another context was found for the document, which is read then.
  void ContextFound(const std::string& uri);
  // `text` is shown for the request.
  void WarmBehind(const lsp::Document& document,
                  completion::CompletionRequest request,
                  const std::string& text);
  void Warm(const lsp::Document& document,
            completion::CompletionRequest request,
            std::optional<completion::Clock::time_point> prefetch_at = {});

  // There was a request there, which warms by itself.
  void Seen(const lsp::Document& document, size_t cursor_ofs) {
    cursors_[document.uri] = cursor_ofs;
  }
  void Edited(const lsp::DocumentChange& change) { edits_.Note(change); }
  void Forget(const std::string& uri) {
    cursors_.erase(uri);
    edits_.Close(uri);
  }

 private:
  completion::CompletionRequest RequestAt(const lsp::DocumentSnapshot& document,
                                          size_t cursor_ofs);
  // Has a context looked for, if the model is to see one.
  void AskForContext(const lsp::Document& document,
                     const completion::CompletionRequest& request);

  const Parts parts_;
  RecentEdits edits_;
  // Of each document's last edit or request.
  std::unordered_map<std::string, size_t> cursors_;  // by URI
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_WARMING_POLICY_H_
