// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/word_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "daemon/repository/chunk_id.h"
#include "daemon/repository/code_terms.h"

namespace krait::repository {
namespace {

// The weights of the terms stand where {} is.
constexpr std::string_view kFind =
    "SELECT c.id, r.score FROM (SELECT rowid AS id, krait_rank(term, {}) AS "
    "score FROM term WHERE term MATCH ? ORDER BY score DESC LIMIT ?) r "
    "JOIN chunk c ON c.id = r.id ORDER BY r.score DESC, c.id";
// One that is in a million chunks need not be counted to its end.
constexpr std::string_view kCount = "SELECT doc FROM term_row WHERE term = ?";

constexpr size_t kMostTerms = 24;
// So many places of terms together are looked at, a third of a microsecond
// each, if there is one term at all.
constexpr int64_t kMostPlaces = 40'000;

bool IsStopWord(std::string_view word) {
  static const std::set<std::string_view> kWords = {
      "about", "above",  "after", "also",  "an",    "and",  "any",  "are",
      "as",    "at",     "be",    "by",    "can",   "do",   "does", "for",
      "from",  "has",    "have",  "how",   "if",    "in",   "into", "is",
      "it",    "its",    "may",   "no",    "not",   "of",   "on",   "or",
      "our",   "should", "so",    "such",  "than",  "that", "the",  "then",
      "there", "these",  "they",  "this",  "to",    "used", "was",  "we",
      "were",  "what",   "when",  "where", "which", "who",  "why",  "will",
      "with",  "would",  "you",   "your"};
  return kWords.contains(word);
}

// What a term counts that so many of all chunks have (BM25's idf).
double Rarity(double chunks, double with) {
  return std::log(1 + (chunks + 0.5) / (with + 0.5));
}

}  // namespace

base::Result<WordSearch> WordSearch::Open(IndexStore* store) {
  auto count = store->database().Prepare(kCount);
  if (!count) return count.error();
  return WordSearch(std::move(*count));
}

base::Result<double> WordSearch::Coverage(IndexStore* store,
                                          std::string_view question,
                                          std::string_view text) {
  std::set<std::string> wanted;
  ForEachTerm(question, [&](std::string_view term, bool whole) {
    if (!whole && !IsStopWord(term)) wanted.emplace(term);
  });
  if (wanted.empty()) return 0.0;
  std::set<std::string> there;
  ForEachTerm(text, [&](std::string_view term, bool whole) {
    if (!whole) there.emplace(term);
  });
  const auto chunks = store->Chunks();
  if (!chunks) return chunks.error();
  double all = 0;
  double had = 0;
  for (const std::string& term : wanted) {
    const auto row = count_.Bind(1, term).Step();
    if (!row) return row.error();
    const auto with = *row ? static_cast<double>(count_.Integer(0)) : 0.0;
    count_.Reset();
    const double weight = Rarity(static_cast<double>(*chunks), with);
    all += weight;
    if (there.contains(term)) had += weight;
  }
  return had / all;
}

// The rarest first, of which all are looked for together.
base::Result<std::vector<WordSearch::Term>> WordSearch::TermsOf(
    std::string_view question) {
  std::set<std::string> words;
  ForEachTerm(question, [&](std::string_view term, bool whole) {
    if (whole || !IsStopWord(term)) words.emplace(term);
  });
  std::vector<Term> terms;
  for (const std::string& word : words) {
    const auto row = count_.Bind(1, word).Step();
    if (!row) return row.error();
    if (!*row) continue;  // nothing has it
    terms.push_back({.text = word, .chunks = count_.Integer(0)});
    count_.Reset();
  }
  std::ranges::sort(terms, {}, [](const Term& term) {
    return std::pair(term.chunks, std::string_view(term.text));
  });
  int64_t places = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    places += terms[i].chunks;
    if (i > 0 && (i >= kMostTerms || places > kMostPlaces)) {
      terms.resize(i);
      break;
    }
  }
  return terms;
}

// The best of those that have any of the terms. Some of the first may be gone,
// as the table of terms keeps them for a while: then it looks further.
base::Result<std::vector<ScoredChunk>> WordSearch::Rank(
    IndexStore* store, const std::vector<Term>& terms, size_t most) {
  const auto chunks = store->Chunks();
  if (!chunks) return chunks.error();
  std::string match;
  std::string weights;
  for (const Term& term : terms) {
    // A term has no quotes in it.
    match += fmt::format("{}\"{}\"", match.empty() ? "" : " OR ", term.text);
    weights += fmt::format(
        "{}{:.4f}", weights.empty() ? "" : ", ",
        Rarity(static_cast<double>(*chunks), static_cast<double>(term.chunks)));
  }
  auto find =
      store->database().Prepare(fmt::format(fmt::runtime(kFind), weights));
  if (!find) return find.error();
  int64_t places = 0;
  for (const Term& term : terms) places += term.chunks;
  std::vector<ScoredChunk> found;
  for (auto limit = static_cast<int64_t>(most);; limit *= 4) {
    found.clear();
    find->Bind(1, match).Bind(2, limit);
    for (;;) {
      const auto row = find->Step();
      if (!row) return row.error();
      if (!*row) break;
      found.push_back(
          {.number = find->Integer(0) / kTermSteps, .score = find->Real(1)});
    }
    if (found.size() >= most || limit >= places) break;
  }
  if (found.size() > most) found.resize(most);
  return found;
}

base::Result<std::vector<ScoredChunk>> WordSearch::Find(
    IndexStore* store, std::string_view question, size_t most) {
  const auto terms = TermsOf(question);
  if (!terms) return terms.error();
  if (terms->empty()) return std::vector<ScoredChunk>();
  return Rank(store, *terms, most);
}

}  // namespace krait::repository
