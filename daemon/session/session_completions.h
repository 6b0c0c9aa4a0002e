// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_SESSION_COMPLETIONS_H_
#define KRAIT_DAEMON_SESSION_SESSION_COMPLETIONS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/host/completion_host.h"
#include "daemon/session/editor_settings.h"
#include "daemon/session/given_completions.h"
#include "daemon/session/pending_completions.h"
#include "daemon/session/session_documents.h"
#include "daemon/session/suggestions.h"
#include "daemon/session/warming_policy.h"
#include "lsp/completion_types.h"
#include "lsp/reply.h"

namespace krait::daemon {

// The completions of one session: makes requests of what editors ask, and
// brings them to the host and its answers back. Those that wait are in
// PendingCompletions, those that were answered in GivenCompletions; what
// happens between them says the WarmingPolicy.
//
// All calls on one thread, the one that the host's callbacks come to.
class SessionCompletions {
 public:
  // What it works with; all must outlive it.
  struct Session {
    CompletionHost& host;
    SessionDocuments& documents;
    const EditorSettings& settings;
    Suggestions& suggestions;
    RepositoryContexts* contexts = nullptr;  // null: none are found
  };

  // `on_change` is called when something began or ended.
  SessionCompletions(Session session, std::function<void()> on_change);
  ~SessionCompletions();
  SessionCompletions(const SessionCompletions&) = delete;
  SessionCompletions& operator=(const SessionCompletions&) = delete;

  void Inline(const lsp::InlineCompletionParams& params,
              const lsp::Reply& reply);
  void Popup(const lsp::CompletionParams& params, const lsp::Reply& reply);

  void Changed(const lsp::DocumentChange& change);
  void Closed(const std::string& uri);
  // The document may not be read, or not yet.
  void Forbidden(const std::string& uri);
  // It was read, by these paths, and may not be any more: nothing that came of
  // it is kept.
  void Forget(const std::string& uri, std::vector<std::string> files);
  // `position`: of the cursor; where it was last if nobody says.
  void Focused(const std::string& uri,
               const std::optional<lsp::Position>& position);

  // Another context was found for the document.
  void ContextFound(const std::string& uri) { warming_.ContextFound(uri); }
  // The rules of what may be read have changed: no document has a context any
  // more, and nothing that was read with one is kept.
  void ForgetContexts();

  // Answers all requests that wait.
  void FailAll(const lsp::Error& error) { pending_.FailAll(error); }

  bool busy() const { return !pending_.empty(); }
  // How many were answered that an engine elsewhere is for.
  uint64_t answered_for_elsewhere() const { return for_elsewhere_; }
  // What the documents were answered.
  const GivenCompletions& given() const { return given_; }

 private:
  // Returns a request for a cursor in an open document; null after answering
  // with an error.
  PendingPtr Begin(const std::string& uri, const lsp::Position& position,
                   const lsp::Reply& reply);
  // Makes it a request for the text with the popup's selection accepted.
  void Select(const lsp::SelectedCompletion& selected,
              PendingCompletion* pending);
  void Start(const PendingPtr& pending, bool invoked);
  void Run(const PendingPtr& pending);
  void Finish(const PendingPtr& pending,
              const base::Result<completion::Completion>& completion);
  void FinishWithout(const PendingPtr& pending, const base::Error& error);
  // Each answers if it is so, and returns whether it was.
  bool AnswerTypedThrough(const PendingPtr& pending);
  bool AnswerForbidden(const PendingCompletion& pending);
  // Nothing should be shown there, whatever a model says.
  bool AnswerNowhere(const PendingCompletion& pending);
  DocumentKey KeyOf(const std::string& uri) const { return {id_, uri}; }

  const Session session_;
  const std::function<void()> on_change_;
  const uint64_t id_;  // of its documents, to the host
  PendingCompletions pending_;
  GivenCompletions given_;
  WarmingPolicy warming_;
  uint64_t for_elsewhere_ = 0;
  // The host's callbacks hold it weakly: those of a session that is gone do
  // nothing.
  const std::shared_ptr<SessionCompletions*> self_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_SESSION_COMPLETIONS_H_
