// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/word_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <set>
#include <utility>

#include "base/code_terms.h"

namespace krait::repository {
namespace {

constexpr size_t kMostTerms = 24;
// So many places of terms together are looked at, a fifth of a microsecond
// each, if there is one term at all.
constexpr int64_t kMostPlaces = 40'000;

// A name says more than what is near it: so often a term counts for each mark
// that it has.
struct MarkWeight {
  TermMark mark;
  float weight;
};
constexpr std::array<MarkWeight, 4> kMarkWeights = {{{TermMark::kNone, 1},
                                                     {TermMark::kName, 5},
                                                     {TermMark::kPath, 1},
                                                     {TermMark::kOften, 1}}};

bool IsStopWord(std::string_view word) {
  static const std::set<std::string_view> words = {
      "about", "above",  "after", "also",  "an",    "and",  "any",  "are",
      "as",    "at",     "be",    "by",    "can",   "do",   "does", "for",
      "from",  "has",    "have",  "how",   "if",    "in",   "into", "is",
      "it",    "its",    "may",   "no",    "not",   "of",   "on",   "or",
      "our",   "should", "so",    "such",  "than",  "that", "the",  "then",
      "there", "these",  "they",  "this",  "to",    "used", "was",  "we",
      "were",  "what",   "when",  "where", "which", "who",  "why",  "will",
      "with",  "would",  "you",   "your"};
  return words.contains(word);
}

// What a term counts that so many of all chunks have (BM25's idf).
double Rarity(double chunks, double with) {
  return std::log(1 + (chunks + 0.5) / (with + 0.5));
}

}  // namespace

base::Result<WordSearch> WordSearch::Open(IndexStore* store) {
  auto postings = Postings::Open(&store->database());
  if (!postings) return postings.error();
  auto lengths = ChunkLengths::Load(&store->database());
  if (!lengths) return lengths.error();
  return WordSearch(std::move(*postings), std::move(*lengths));
}

// A chunk whose name has a term that its text does not have is counted if no
// text has it.
base::Result<int64_t> WordSearch::ChunksWith(std::string_view term) {
  for (const TermMark mark :
       {TermMark::kNone, TermMark::kName, TermMark::kPath}) {
    auto chunks = postings_.Count(term, mark);
    if (!chunks || *chunks > 0) return chunks;
  }
  return 0;
}

base::Result<double> WordSearch::Coverage(IndexStore* store,
                                          std::string_view question,
                                          std::string_view text) {
  std::set<std::string> wanted;
  base::ForEachTerm(question, [&](std::string_view term, bool whole) {
    if (!whole && !IsStopWord(term)) wanted.emplace(term);
  });
  if (wanted.empty()) return 0.0;
  std::set<std::string> there;
  base::ForEachTerm(text, [&](std::string_view term, bool whole) {
    if (!whole) there.emplace(term);
  });
  const auto chunks = store->Chunks();
  if (!chunks) return chunks.error();
  double all = 0;
  double had = 0;
  for (const std::string& term : wanted) {
    const auto with = ChunksWith(term);
    if (!with) return with.error();
    const double weight =
        Rarity(static_cast<double>(*chunks), static_cast<double>(*with));
    all += weight;
    if (there.contains(term)) had += weight;
  }
  return had / all;
}

// The rarest first, of which all are looked for together.
base::Result<std::vector<WordSearch::Term>> WordSearch::TermsOf(
    std::string_view question) {
  std::set<std::string> words;
  base::ForEachTerm(question, [&](std::string_view term, bool whole) {
    if (whole || !IsStopWord(term)) words.emplace(term);
  });
  std::vector<Term> terms;
  for (const std::string& word : words) {
    const auto chunks = ChunksWith(word);
    if (!chunks) return chunks.error();
    if (*chunks > 0) terms.push_back({.text = word, .chunks = *chunks});
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

// For all numbers that chunks have.
base::Status WordSearch::MakeRoom(IndexStore* store) {
  constexpr int64_t kMostChunks = int64_t{1} << 28;
  const auto next = store->NextChunk();
  if (!next) return next.error();
  const auto size =
      static_cast<size_t>(std::clamp<int64_t>(*next, 0, kMostChunks));
  if (weights_.size() < size) {
    weights_.resize(size);
    scores_.resize(size);
  }
  return {};
}

// Adds what one term says.
base::Status WordSearch::AddTerm(const std::string& term, double rarity,
                                 const Saturation& saturation) {
  having_.clear();
  for (const MarkWeight& one : kMarkWeights) {
    auto added = postings_.ForEach(term, one.mark, [&](int64_t number) {
      const auto at = static_cast<size_t>(number);
      if (at >= weights_.size()) return;  // of a damaged table, or later
      if (weights_[at] == 0) having_.push_back(number);
      weights_[at] += one.weight;
    });
    if (!added) return added;
  }
  for (const int64_t number : having_) {
    const auto at = static_cast<size_t>(number);
    const double terms = lengths_.Of(number);
    const double weight = std::exchange(weights_[at], 0.0F);
    if (terms == 0) continue;  // it is gone
    const double room =
        saturation.half * (1 - saturation.length +
                           saturation.length * terms / ChunkLengths::kUsual);
    if (scores_[at] == 0) found_.push_back(number);
    scores_[at] += static_cast<float>(rarity * weight * (saturation.half + 1) /
                                      (weight + room));
  }
  return {};
}

std::vector<ScoredChunk> WordSearch::TakeBest(size_t most) {
  std::vector<ScoredChunk> best;
  best.reserve(found_.size());
  for (const int64_t number : found_) {
    float& score = scores_[static_cast<size_t>(number)];
    best.push_back({.number = number,
                    .score = static_cast<double>(std::exchange(score, 0.0F))});
  }
  found_.clear();
  most = std::min(most, best.size());
  std::partial_sort(
      best.begin(), best.begin() + static_cast<std::ptrdiff_t>(most),
      best.end(), [](const ScoredChunk& a, const ScoredChunk& b) {
        return std::pair(-a.score, a.number) < std::pair(-b.score, b.number);
      });
  best.resize(most);
  return best;
}

base::Result<std::vector<ScoredChunk>> WordSearch::Find(
    IndexStore* store, std::string_view question, size_t most,
    const Saturation& saturation) {
  const auto terms = TermsOf(question);
  if (!terms) return terms.error();
  const auto chunks = store->Chunks();
  if (!chunks) return chunks.error();
  if (auto made = MakeRoom(store); !made) return made.error();
  for (const Term& term : *terms) {
    const double rarity =
        Rarity(static_cast<double>(*chunks), static_cast<double>(term.chunks));
    if (auto added = AddTerm(term.text, rarity, saturation); !added) {
      TakeBest(0);
      std::ranges::fill(weights_, 0.0F);
      return added.error();
    }
  }
  return TakeBest(most);
}

}  // namespace krait::repository
