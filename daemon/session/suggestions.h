// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_SUGGESTIONS_H_
#define KRAIT_DAEMON_SESSION_SUGGESTIONS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/completion/generator/prompt_plan.h"
#include "daemon/session/acceptance_store.h"
#include "lsp/document_store.h"

namespace krait::daemon {

// A text that an editor was given for a place in a document.
struct Suggestion {
  std::string id;
  std::string language;
  completion::PromptPlan plan;
  std::string text;  // lines end with \n
  size_t given_at =
      0;  // in the text: where the rest begins that was given last
  // What stands in the document.
  size_t end_ofs = 0;     // where its end is in the document
  size_t reached = 0;     // bytes of the text
  size_t typed = 0;       // bytes of these that were typed
  size_t last_piece = 0;  // of these, what the last change brought
  // What the client said.
  size_t told = 0;  // bytes of the text that it accepted
  bool shown = false;
  bool accepted = false;  // to its end
};

// The suggestions of one session, and what became of them.
//
// Some clients say when they show, accept or partially accept one. For all
// others it is told from the document: a change that makes the document grow
// by the next part of the suggestion, in one piece of at least two characters,
// was no typing. A suggestion counts as shown once it was given, until the
// client shows that it reports that itself.
//
// Thread-compatible.
class Suggestions {
 public:
  // A text to be inserted at a cursor.
  struct Offer {
    lsp::DocumentSnapshot document;
    size_t cursor_ofs = 0;
    std::string text;
    // Which it came from.
    completion::PromptPlan plan = completion::PromptPlan::kNone;
  };

  // `store` must outlive it.
  explicit Suggestions(AcceptanceStore& store) : store_(store) {}

  // Whether acceptance is told from the document, too. Not for clients that
  // collect what is typed and send it in one piece.
  void set_infers(bool infers) { infers_ = infers; }

  // Returns the id of the suggestion: the one of the document's last if this
  // is its rest.
  std::string Give(const Offer& offer);
  // The same of another text for the place of the one that was given last. It
  // is shown if the user looks for it, which only its acceptance tells.
  std::string GiveAlternative(const Offer& offer);

  // Follows the documents.
  void Changed(const lsp::DocumentChange& change);
  void Closed(const std::string& uri);

  // What the client says of a suggestion. An id that is unknown, or too old,
  // is ignored. `length`: in UTF-16 units from the start of the text that was
  // given at last.
  void Shown(std::string_view id);
  void Accepted(std::string_view id);
  void PartiallyAccepted(std::string_view id, size_t length);

 private:
  // Suggestions that were replaced and may still be reported on.
  static constexpr size_t kMostPast = 32;

  Suggestion* Find(std::string_view id);
  Suggestion NewSuggestion(const Offer& offer);
  void AddToPast(Suggestion suggestion);
  // Changes a suggestion by `change`, a function of Suggestion*, and counts
  // the difference.
  template <class Change>
  void Update(Suggestion* suggestion, Change change);
  void Retire(const std::string& uri);

  AcceptanceStore& store_;
  bool infers_ = true;
  bool client_reports_shown_ = false;
  uint64_t next_id_ = 1;
  std::unordered_map<std::string, Suggestion> live_;  // by URI
  std::deque<Suggestion> past_;                       // oldest first
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_SUGGESTIONS_H_
