// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_SCORED_CHUNK_H_
#define KRAIT_DAEMON_REPOSITORY_SCORED_CHUNK_H_

#include <cstdint>

namespace krait::repository {

// A chunk that one way of searching found.
struct ScoredChunk {
  int64_t number = 0;  // as the index counts
  double score = 0;    // of that way: comparable in one search
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_SCORED_CHUNK_H_
