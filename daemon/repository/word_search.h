// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_WORD_SEARCH_H_
#define KRAIT_DAEMON_REPOSITORY_WORD_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "daemon/repository/chunk_lengths.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/postings.h"
#include "daemon/repository/scored_chunk.h"

namespace krait::repository {

// How much a term counts that a chunk has in several places (BM25): `half` of
// them count half (k1), and `length` says how much more a long chunk needs (b).
struct Saturation {
  double half = 0.8;
  double length = 0.5;
};

// Finds chunks by words: each term of the question counts by how rare it is
// (BM25), and more in a declaration's name. Terms that are everywhere are left
// out where rarer ones are there, so that a search costs a few milliseconds in
// a million lines. Thread-compatible.
class WordSearch {
 public:
  // Of a store that outlives it; calls are of the same.
  static base::Result<WordSearch> Open(IndexStore* store);

  // Returns the best first, at most `most`; none if nothing has any of the
  // words.
  base::Result<std::vector<ScoredChunk>> Find(IndexStore* store,
                                              std::string_view question,
                                              size_t most,
                                              const Saturation& saturation);

  // Returns how much of a question a text speaks of, from 0 to 1: each of the
  // question's terms counts by how rare it is here, those that nothing has
  // most. 0 for a question without terms.
  base::Result<double> Coverage(IndexStore* store, std::string_view question,
                                std::string_view text);

 private:
  struct Term {
    std::string text;
    int64_t chunks = 0;  // that have it, in whatever place
  };

  WordSearch(Postings postings, ChunkLengths lengths)
      : postings_(std::move(postings)), lengths_(std::move(lengths)) {}
  base::Result<int64_t> ChunksWith(std::string_view term);
  base::Result<std::vector<Term>> TermsOf(std::string_view question);
  base::Status MakeRoom(IndexStore* store);
  base::Status AddTerm(const std::string& term, double rarity,
                       const Saturation& saturation);
  std::vector<ScoredChunk> TakeBest(size_t most);

  Postings postings_;
  ChunkLengths lengths_;
  // Of a call, by the chunks' numbers; 0 between calls.
  std::vector<float> scores_;
  std::vector<float> weights_;   // of one term
  std::vector<int64_t> found_;   // those with a score
  std::vector<int64_t> having_;  // those with the term
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_WORD_SEARCH_H_
