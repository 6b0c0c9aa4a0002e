// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_GIVEN_COMPLETIONS_H_
#define KRAIT_DAEMON_SESSION_GIVEN_COMPLETIONS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/typed_through.h"
#include "daemon/session/editor_settings.h"
#include "daemon/session/pending_completions.h"
#include "daemon/session/session_documents.h"
#include "daemon/session/suggestions.h"
#include "lsp/document_store.h"
#include "lsp/position.h"

namespace krait::daemon {

// What a document's last completion shows.
struct ShownCompletion {
  std::string text;        // as it was made; lines end with \n
  std::string typed;       // the beginning of it that the user typed since
  lsp::Position position;  // where it begins
};

// Answers a session's requests, and knows what each document was answered last:
// who types just that is answered with the rest of it.
//
// An answer is compared with the document as it is by then: if the user typed
// on just what it says, the rest is answered for the new place; if anything
// else changed, an empty list.
//
// Thread-compatible.
class GivenCompletions {
 public:
  // What it works with; all must outlive it.
  struct Parts {
    SessionDocuments& documents;
    const EditorSettings& settings;
    Suggestions& suggestions;
  };

  explicit GivenCompletions(Parts parts) : parts_(parts) {}

  // There is a request in the document.
  void Open(const std::string& uri) { (void)states_[uri]; }
  // Whether there was one since it was forgotten.
  bool Knows(const std::string& uri) const { return states_.contains(uri); }
  void Forget(const std::string& uri) { states_.erase(uri); }
  // What was given there is not continued.
  void Withdraw(const std::string& uri);

  // Each of these answers a request.
  // With nothing, and says why.
  void AnswerNothing(const PendingCompletion& pending, std::string why);
  // The same, where that says nothing of the document.
  void AnswerEmpty(const PendingCompletion& pending);
  // With what a model made of it. Returns whether something is shown.
  bool AnswerNew(PendingCompletion* pending,
                 const completion::Completion& completion);
  // With the rest of what was given before, and returns that, if the user has
  // typed what it says; else answers nothing yet.
  std::optional<std::string> AnswerTypedThrough(
      const PendingCompletion& pending);

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
  // The last that a model was run for, and how it came about.
  struct Given {
    completion::GivenCompletion completion;
    completion::CompletionTrace trace;
    lsp::Position position;  // of the cursor
  };

  struct DocumentState {
    std::optional<Given> given;
    std::optional<completion::CompletionTrace> trace;
    std::optional<ShownCompletion> shown;
  };

  // Returns whether something is shown.
  bool AnswerText(const PendingCompletion& pending, const std::string& text,
                  const std::vector<std::string>& alternatives = {});
  // Returns the rest of `text` at the document's cursor by now, if the user
  // typed on just what it says.
  std::optional<std::string> RestOf(const PendingCompletion& pending,
                                    const lsp::Document& now,
                                    const std::string& text) const;
  // Answers with a text for a cursor of a document, and counts it.
  void Answer(const PendingCompletion& pending,
              const lsp::DocumentSnapshot& document, size_t cursor_ofs,
              const std::string& text,
              const std::vector<std::string>& alternatives = {});
  void SetTrace(const std::string& uri, completion::CompletionTrace trace);
  // Of what was given, `rest` is shown.
  static void SetShown(DocumentState* state, const std::string& rest);

  const Parts parts_;
  std::unordered_map<std::string, DocumentState> states_;  // by URI
  std::optional<completion::CompletionTrace> last_trace_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_GIVEN_COMPLETIONS_H_
