// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_SEARCH_H_
#define KRAIT_DAEMON_REPOSITORY_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/repository/index_store.h"
#include "grammars/syntax_types.h"

namespace krait::repository {

// A chunk that was found.
struct Passage {
  std::string path;
  size_t begin_line = 1;  // from 1
  size_t end_line = 1;    // the last one
  grammars::SymbolKind kind = grammars::SymbolKind::kSection;
  std::string name;  // of the declaration or heading; may be empty
  std::string container;
  double score = 0;  // BM25 and what is added to it; comparable in one search

  bool operator==(const Passage&) const = default;
};

// A word for the kind, as in JSON: "function", "class", "section".
std::string_view KindName(grammars::SymbolKind kind);

// Finds chunks by words. Each term of the question counts by how rare it is
// (BM25), and more in a declaration's name, its signature and the comment above
// it. Terms that are everywhere are left out where rarer ones are there, so
// that a search costs a few milliseconds in a million lines.
//
// Thread-compatible. The index may be written by others meanwhile.
class Searcher {
 public:
  static base::Result<Searcher> Open(const std::filesystem::path& index);

  // Returns the best first, at most `most`; none if nothing has any of the
  // words.
  base::Result<std::vector<Passage>> Find(std::string_view question,
                                          size_t most);

  // Returns how much of a question a text speaks of, from 0 to 1: each of the
  // question's terms counts by how rare it is here, those that nothing has
  // most. 0 for a question without terms.
  base::Result<double> Coverage(std::string_view question,
                                std::string_view text);

 private:
  struct Term {
    std::string text;
    int64_t chunks = 0;  // that have it
  };

  Searcher(IndexStore store, Statement count);
  base::Result<std::vector<Term>> TermsOf(std::string_view question);
  base::Result<std::vector<Passage>> Rank(const std::vector<Term>& terms,
                                          size_t most);

  IndexStore store_;
  Statement count_;
};

// Reads the lines of a passage as they are in the file now; empty if that is
// not possible.
std::string ReadPassage(const std::filesystem::path& root,
                        const Passage& passage);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_SEARCH_H_
