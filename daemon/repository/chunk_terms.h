// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_CHUNK_TERMS_H_
#define KRAIT_DAEMON_REPOSITORY_CHUNK_TERMS_H_

#include <cstdint>
#include <string_view>

#include "daemon/repository/index_store.h"

namespace krait::repository {

// A term that a chunk has so many times is marked for it.
inline constexpr uint32_t kOften = 3;

// Returns a chunk of `text`, a file at `path`, with the words by which it is
// found.
ChunkTerms TermsOfChunk(Chunk chunk, std::string_view path,
                        std::string_view text);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_CHUNK_TERMS_H_
