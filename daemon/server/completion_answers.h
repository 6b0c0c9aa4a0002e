// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_COMPLETION_ANSWERS_H_
#define KRAIT_DAEMON_SERVER_COMPLETION_ANSWERS_H_

#include <cstddef>
#include <string>

#include "lsp/completion_types.h"
#include "lsp/document_store.h"
#include "lsp/position.h"

namespace krait::daemon {

// What the protocol's completion requests are answered for `text` inserted at
// a cursor; an empty text gives an empty list.

lsp::InlineCompletionList InlineAnswer(const lsp::Document& document,
                                       size_t cursor_ofs,
                                       lsp::PositionEncoding encoding,
                                       const std::string& text);

// For a request with a selection of the popup: must extend it and replace the
// same range.
lsp::InlineCompletionList SelectedAnswer(const lsp::Range& range,
                                         const std::string& selected,
                                         const std::string& text);

// A popup replaces the word before the cursor, by which the editor filters.
lsp::CompletionList PopupAnswer(const lsp::Document& document,
                                size_t cursor_ofs,
                                lsp::PositionEncoding encoding,
                                const std::string& text);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_COMPLETION_ANSWERS_H_
