// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_CHUNK_TERMS_H_
#define KRAIT_DAEMON_REPOSITORY_CHUNK_TERMS_H_

#include <string>
#include <string_view>

#include "daemon/repository/index_store.h"

namespace krait::repository {

// Returns the terms of a text, each once, with blanks between.
std::string TermsOnce(std::string_view text);

// Returns a chunk of `text` with its terms.
ChunkTerms TermsOfChunk(Chunk chunk, std::string_view text);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_CHUNK_TERMS_H_
