// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_SEARCH_H_
#define KRAIT_DAEMON_REPOSITORY_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "daemon/repository/chunk_encoder.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/scored_chunk.h"
#include "daemon/repository/vector_search.h"
#include "daemon/repository/word_search.h"
#include "grammars/syntax_types.h"

namespace krait::repository {

// A chunk that was found.
struct Passage {
  std::string path;
  size_t begin_line = 1;  // from 1; pages or cells of a document
  size_t end_line = 1;    // the last one
  grammars::SymbolKind kind = grammars::SymbolKind::kSection;
  std::string name;  // of the declaration or heading; may be empty
  std::string container;
  double score = 0;  // comparable in one search

  bool operator==(const Passage&) const = default;
};

// A word for the kind, as in JSON: "function", "class", "section".
std::string_view KindName(grammars::SymbolKind kind);

// What is looked for: who wants code has declarations come first.
enum class Wanted : uint8_t { kAnything, kCode };

// By what passages are ranked.
enum class Ranking : uint8_t {
  kWords,    // WordSearch
  kVectors,  // VectorSearch: none without an encoder
  // Both; without an encoder kWords:
  kBoth,     // by the sum of their scores
  kRanks,    // by reciprocal rank fusion
  kDiverse,  // kBoth, of which what is alike comes later (MMR)
};

// Finds chunks by the words that they have, and, if there is an encoder, by
// what they are about. Thread-compatible. The index may be written by others
// meanwhile.
class Searcher {
 public:
  // `encoder` is null or the one that the index was made with, else there is no
  // search by vectors, and outlives the searcher.
  static base::Result<Searcher> Open(const std::filesystem::path& index,
                                     const ChunkEncoder* encoder = nullptr);

  // Returns the best first, at most `most`; none if nothing has any of the
  // words.
  base::Result<std::vector<Passage>> Find(std::string_view question,
                                          size_t most,
                                          Ranking ranking = Ranking::kBoth,
                                          Wanted wanted = Wanted::kAnything);

  // See WordSearch.
  base::Result<double> Coverage(std::string_view question,
                                std::string_view text) {
    return words_.Coverage(&store_, question, text);
  }

  bool has_vectors() const { return vectors_.has_value(); }

 private:
  Searcher(IndexStore store, WordSearch words, Statement passage)
      : store_(std::move(store)),
        words_(std::move(words)),
        passage_(std::move(passage)) {}
  base::Result<std::vector<ScoredChunk>> Rank(std::string_view question,
                                              size_t most, Ranking ranking,
                                              const Saturation& saturation,
                                              double of_vectors);
  std::vector<ScoredChunk> SumOfScores(std::span<const ScoredChunk> by_words,
                                       std::span<const ScoredChunk> by_vectors,
                                       double of_vectors) const;
  std::vector<ScoredChunk> Diverse(std::span<const ScoredChunk> ranked,
                                   size_t most) const;
  base::Result<std::vector<Passage>> Passages(
      std::span<const ScoredChunk> chunks);

  IndexStore store_;
  WordSearch words_;
  Statement passage_;
  const ChunkEncoder* encoder_ = nullptr;
  std::optional<VectorSearch> vectors_;
};

// Reads the lines of a passage as they are in the file now, its pages or cells;
// empty if that is not possible.
std::string ReadPassage(const std::filesystem::path& root,
                        const Passage& passage);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_SEARCH_H_
