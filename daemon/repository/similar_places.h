// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_SIMILAR_PLACES_H_
#define KRAIT_DAEMON_REPOSITORY_SIMILAR_PLACES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "daemon/repository/sqlite.h"

namespace krait::repository {

// Identifiers around a place, and how near they are, up to 1.
using NearNames = std::map<std::string, double, std::less<>>;

// As which the index knows an identifier as a whole; "" if it does not.
std::string TermOf(std::string_view name);

// An identifier that few places of a repository have.
struct RareWord {
  std::string name;
  std::string term;  // as which the index knows it
  double counts = 0;
};

// A chunk of the index.
struct SimilarPlace {
  std::string path;
  size_t begin_line = 1;  // from 1
  size_t end_line = 1;    // the last one
};

// Finds places in an index that have the rare identifiers of another. The
// database outlives it. Thread-compatible.
class SimilarPlaces {
 public:
  // In how many places a term is, as far as it is known; for what is not rare,
  // a number beyond.
  using TermCounts = std::unordered_map<std::string, int64_t>;

  // `counts` is added to, and is of the index as it is.
  SimilarPlaces(Database* database, TermCounts* counts)
      : database_(*database), counts_(*counts) {}

  // Returns the few names that say most about a place, with what each counts:
  // the nearer and the rarer, the more.
  base::Result<std::vector<RareWord>> RareWords(const NearNames& names);
  // Returns the places that have the most of these, the best first, of those
  // that have enough to be shown.
  base::Result<std::vector<SimilarPlace>> Find(
      const std::vector<RareWord>& words);

 private:
  Database& database_;
  TermCounts& counts_;
};

// Lines of a place.
struct SimilarLines {
  std::string text;  // whole lines, ended by "\n"
  size_t begin_line = 1;
  double counts = 0;  // of the words in them
};

// Returns the lines in a row of a place that have the most of the words, of a
// short place all; `text` is its file's. Nothing: they share too few.
std::optional<SimilarLines> MostSimilarLines(
    std::string_view text, const SimilarPlace& place,
    const std::vector<RareWord>& words);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_SIMILAR_PLACES_H_
