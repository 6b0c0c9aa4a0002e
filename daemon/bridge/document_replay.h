// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_BRIDGE_DOCUMENT_REPLAY_H_
#define KRAIT_DAEMON_BRIDGE_DOCUMENT_REPLAY_H_

#include <cstddef>
#include <string>
#include <vector>

#include "lsp/document_store.h"

namespace krait::daemon {

// What another daemon is sent of all documents together: not more than a
// connection may queue.
inline constexpr size_t kMaxReplayBytes = size_t{192} << 20;

// Returns the notifications that open a document as it is. A long text comes in
// pieces, as one message of it could be over the limit for messages: a text
// that grew by edits is never sent in one piece, and JSON takes up to six bytes
// for one.
std::vector<std::string> OpeningOf(const lsp::Document& document);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_BRIDGE_DOCUMENT_REPLAY_H_
