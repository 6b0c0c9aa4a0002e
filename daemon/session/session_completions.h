// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_SESSION_COMPLETIONS_H_
#define KRAIT_DAEMON_SESSION_SESSION_COMPLETIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/typed_through.h"
#include "daemon/host/completion_host.h"
#include "daemon/session/editor_settings.h"
#include "daemon/session/session_documents.h"
#include "daemon/session/suggestions.h"
#include "lsp/completion_types.h"
#include "lsp/reply.h"

namespace krait::daemon {

// What a document's last completion shows.
struct ShownCompletion {
  std::string text;        // as it was made; lines end with \n
  std::string typed;       // the beginning of it that the user typed since
  lsp::Position position;  // where it begins
};

// The completions of one session: those that are waited for, the last one of
// each document, and the warming between them.
//
// A new request for a document replaces the one before of the same method,
// which is answered RequestCancelled at once, as is one that the client
// cancels. An answer is compared with the document as it is by then: if the
// user typed on just what it says, the rest is answered for the new place; if
// anything else changed, an empty list.
//
// Warming. While nobody waits, the model is brought to where the next request
// is likely to be: the end of the last edit, the cursor of the document that
// gets the focus, and, after an answer, the place behind what is shown; there
// the next one is generated ahead once the user has looked at it for a moment
// (unless `completion.prefetch` is off).
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

  // Answers all requests that wait.
  void FailAll(const lsp::Error& error);

  bool busy() const;
  // Of the document's last completion.
  std::optional<completion::CompletionTrace> TraceOf(
      const std::string& uri) const;
  // What that showed; null if nothing.
  const ShownCompletion* ShownIn(const std::string& uri) const;
  // Of the last completion of all.
  const std::optional<completion::CompletionTrace>& last_trace() const {
    return last_trace_;
  }

 private:
  // A request that waits for its completion.
  struct Pending;
  using PendingPtr = std::shared_ptr<Pending>;

  // The last that a model was run for, and how it came about.
  struct Given {
    completion::GivenCompletion completion;
    completion::CompletionTrace trace;
    lsp::Position position;  // of the cursor
  };

  // What is kept per document beside its text.
  struct DocumentState {
    std::unordered_map<std::string, PendingPtr> pending;  // by method
    std::optional<Given> given;
    std::optional<completion::CompletionTrace> trace;
    std::optional<ShownCompletion> shown;
    size_t cursor_ofs = 0;  // of the last edit or request
  };

  // Returns a request for a cursor in an open document; null after answering
  // with an error.
  PendingPtr Begin(const std::string& uri, const lsp::Position& position,
                   const lsp::Reply& reply);
  void Start(const PendingPtr& pending, bool invoked);
  void Run(const PendingPtr& pending, bool invoked);
  void Finish(const PendingPtr& pending,
              const base::Result<completion::Completion>& completion);
  bool AnswerTypedThrough(const PendingPtr& pending);
  bool AnswerForbidden(const PendingPtr& pending, bool invoked);
  // Answers with nothing where nothing should be shown, whatever a model says.
  bool AnswerNowhere(const PendingPtr& pending, bool invoked);
  void AnswerNothing(const PendingPtr& pending, std::string why);
  // Returns whether something is shown.
  bool AnswerText(const Pending& pending, const std::string& text,
                  const std::vector<std::string>& alternatives = {});
  // Answers with a text for a cursor of a document, and counts it.
  void Answer(const Pending& pending, const lsp::DocumentSnapshot& document,
              size_t cursor_ofs, const std::string& text,
              const std::vector<std::string>& alternatives = {});
  void SetTrace(const std::string& uri, completion::CompletionTrace trace);
  // Of what was given, `rest` is shown.
  void SetShown(DocumentState* state, const std::string& rest);
  void Drop(DocumentState* state, const lsp::Error& error);

  void WarmAt(const lsp::DocumentSnapshot& document, size_t cursor_ofs);
  // Behind a text that is shown.
  void WarmBehind(const lsp::Document& document,
                  completion::CompletionRequest request,
                  const std::string& text);
  void Warm(const lsp::Document& document,
            completion::CompletionRequest request,
            std::optional<completion::Clock::time_point> prefetch_at = {});
  DocumentKey KeyOf(const std::string& uri) const { return {id_, uri}; }

  const Session session_;
  const std::function<void()> on_change_;
  const uint64_t id_;  // of its documents, to the host
  std::unordered_map<std::string, DocumentState> states_;  // by URI
  std::optional<completion::CompletionTrace> last_trace_;
  // The host's callbacks hold it weakly: those of a session that is gone do
  // nothing.
  const std::shared_ptr<SessionCompletions*> self_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_SESSION_COMPLETIONS_H_
