// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_DOCUMENT_CHUNKS_H_
#define KRAIT_DAEMON_REPOSITORY_DOCUMENT_CHUNKS_H_

#include <vector>

#include "daemon/repository/chunks.h"
#include "daemon/repository/document.h"

namespace krait::repository {

// Makes each part of a document that is not blank one chunk, whose lines are
// the part's number. A cell of code has the name of what it declares first, one
// of Markdown that of its heading, and what follows a heading has it around it.
// The views are of the document's text. Never fails. Thread-safe.
std::vector<Chunk> CutDocument(const Document& document);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_DOCUMENT_CHUNKS_H_
