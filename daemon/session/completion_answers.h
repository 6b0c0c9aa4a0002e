// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_COMPLETION_ANSWERS_H_
#define KRAIT_DAEMON_SESSION_COMPLETION_ANSWERS_H_

#include <cstddef>
#include <string>

#include "lsp/completion_types.h"
#include "lsp/document_store.h"
#include "lsp/position.h"

namespace krait::daemon {

// The command by which clients say that a suggestion was accepted; its
// argument is the suggestion's id.
inline constexpr const char* kAcceptedCommand = "krait.didAcceptCompletionItem";

// Where a text is to be inserted.
struct AnswerPlace {
  const lsp::Document& document;
  size_t cursor_ofs = 0;
  lsp::PositionEncoding encoding = lsp::PositionEncoding::kUtf16;
  std::string suggestion_id;
};

// What the protocol's completion requests are answered for a text; an empty
// one gives an empty list.

lsp::InlineCompletionList InlineAnswer(const AnswerPlace& place,
                                       const std::string& text);

// For a request with a selection of the popup: must extend it and replace the
// same range.
lsp::InlineCompletionList SelectedAnswer(const AnswerPlace& place,
                                         const lsp::Range& range,
                                         const std::string& selected,
                                         const std::string& text);

// A popup replaces the word before the cursor, by which the editor filters.
lsp::CompletionList PopupAnswer(const AnswerPlace& place,
                                const std::string& text);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_COMPLETION_ANSWERS_H_
