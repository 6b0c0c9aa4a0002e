// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_WORD_SEARCH_H_
#define KRAIT_DAEMON_REPOSITORY_WORD_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/scored_chunk.h"

namespace krait::repository {

// Finds chunks by words: each term of the question counts by how rare it is
// (BM25), and more in a declaration's name, its signature and the comment above
// it (rank_function.cc). Terms that are everywhere are left out where rarer
// ones are there, so that a search costs a few milliseconds in a million lines.
// Thread-compatible.
class WordSearch {
 public:
  // Of a store that outlives it; calls are of the same.
  static base::Result<WordSearch> Open(IndexStore* store);

  // Returns the best first, at most `most`; none if nothing has any of the
  // words.
  base::Result<std::vector<ScoredChunk>> Find(IndexStore* store,
                                              std::string_view question,
                                              size_t most);

  // Returns how much of a question a text speaks of, from 0 to 1: each of the
  // question's terms counts by how rare it is here, those that nothing has
  // most. 0 for a question without terms.
  base::Result<double> Coverage(IndexStore* store, std::string_view question,
                                std::string_view text);

 private:
  struct Term {
    std::string text;
    int64_t chunks = 0;  // that have it
  };

  explicit WordSearch(Statement count) : count_(std::move(count)) {}
  base::Result<std::vector<Term>> TermsOf(std::string_view question);
  static base::Result<std::vector<ScoredChunk>> Rank(
      IndexStore* store, const std::vector<Term>& terms, size_t most);

  Statement count_;
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_WORD_SEARCH_H_
