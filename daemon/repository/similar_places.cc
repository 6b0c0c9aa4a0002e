// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/similar_places.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>

#include "base/code_terms.h"
#include "daemon/repository/identifiers.h"
#include "daemon/repository/postings.h"
#include "daemon/repository/text_lines.h"

namespace krait::repository {
namespace {

constexpr size_t kMostRareWords = 8;
// Found in no more chunks than this, so that ranking them takes no time.
constexpr int64_t kRare = 200;
constexpr size_t kLinesShown = 16;
// Of the rare words, at least this many.
constexpr size_t kLeastShared = 2;
// Of a file, about.
constexpr double kUsualChunks = 8;

constexpr size_t kMostPlaces = 12;

constexpr std::string_view kPlace =
    "SELECT f.path, c.begin_line, c.begin_line + c.more_lines FROM chunk c "
    "JOIN file f ON f.id = c.file WHERE c.id = ?";

// A range of lines, from 0.
struct Shared {
  size_t begin = 0;
  size_t words = 0;
  double counts = 0;
};

// Which of the words each of the lines from `first` on has, up to `end`.
std::vector<std::set<size_t>> WordsOfLines(const TextLines& lines, size_t first,
                                           size_t end,
                                           const std::vector<RareWord>& words) {
  std::vector<std::set<size_t>> has;
  for (size_t i = first; i < end; ++i) {
    std::set<size_t>& there = has.emplace_back();
    ForEachIdentifier(lines.Line(i), [&](std::string_view name) {
      const auto word = std::ranges::find(words, name, &RareWord::name);
      if (word != words.end()) {
        there.insert(static_cast<size_t>(word - words.begin()));
      }
    });
  }
  return has;
}

// The kLinesShown lines in a row that count most.
Shared BestOf(const std::vector<std::set<size_t>>& has,
              const std::vector<RareWord>& words) {
  Shared best;
  for (size_t i = 0; i == 0 || i + kLinesShown <= has.size(); ++i) {
    std::set<size_t> shared;
    for (size_t at = i; at < std::min(i + kLinesShown, has.size()); ++at) {
      shared.insert(has[at].begin(), has[at].end());
    }
    double counts = 0;
    for (const size_t word : shared) counts += words[word].counts;
    if (counts <= best.counts) continue;
    best = {.begin = i, .words = shared.size(), .counts = counts};
  }
  return best;
}

}  // namespace

std::string TermOf(std::string_view name) {
  std::string term;
  base::ForEachTerm(name, [&term](std::string_view part, bool whole) {
    if (whole || term.empty()) term = part;
  });
  return term;
}

base::Result<std::vector<RareWord>> SimilarPlaces::RareWords(
    const NearNames& names) {
  const auto files = database_.Number("SELECT count(*) FROM file");
  if (!files) return files.error();
  auto postings = Postings::Open(&database_);
  if (!postings) return postings.error();
  std::map<std::string, RareWord> rare;  // by term
  for (const auto& [name, near] : names) {
    std::string term = TermOf(name);
    if (term.empty()) continue;
    const auto known = counts_.find(term);
    int64_t places = known == counts_.end() ? 0 : known->second;
    if (known == counts_.end()) {
      const auto counted =
          postings->CountUpTo(kRare + 1, term, TermMark::kNone);
      if (!counted) return counted.error();
      places = *counted;
      counts_.emplace(term, places);
    }
    // What one place has may be this file's own.
    if (places < 2 || places > kRare) continue;
    const double counts =
        near * std::log(1 + static_cast<double>(*files) * kUsualChunks /
                                static_cast<double>(places));
    RareWord& word = rare[term];
    if (counts > word.counts) {
      word = {.name = name, .term = std::move(term), .counts = counts};
    }
  }
  std::vector<RareWord> words;
  words.reserve(rare.size());
  for (auto& [term, word] : rare) words.push_back(std::move(word));
  std::ranges::stable_sort(words, std::ranges::greater(), &RareWord::counts);
  if (words.size() > kMostRareWords) words.resize(kMostRareWords);
  return words;
}

base::Result<std::vector<SimilarPlace>> SimilarPlaces::Find(
    const std::vector<RareWord>& words) {
  std::vector<SimilarPlace> places;
  if (words.size() < kLeastShared) return places;
  auto postings = Postings::Open(&database_);
  if (!postings) return postings.error();
  struct Score {
    size_t words = 0;
    double counts = 0;
  };
  std::map<int64_t, Score> scores;  // by chunk
  for (const RareWord& word : words) {
    const auto added =
        postings->ForEach(word.term, TermMark::kNone, [&](int64_t number) {
          Score& score = scores[number];
          ++score.words;
          score.counts += word.counts;
        });
    if (!added) return added.error();
  }
  std::vector<std::pair<double, int64_t>> ranked;
  for (const auto& [number, score] : scores) {
    if (score.words < kLeastShared) continue;  // no file is read for it
    ranked.emplace_back(-score.counts, number);
  }
  std::ranges::sort(ranked);
  auto place = database_.Prepare(kPlace);
  if (!place) return place.error();
  for (const auto& [score, number] : ranked) {
    if (places.size() == kMostPlaces) break;
    const auto row = place->Bind(1, number).Step();
    if (!row) return row.error();
    if (*row) {
      places.push_back({.path = std::string(place->Text(0)),
                        .begin_line = static_cast<size_t>(place->Integer(1)),
                        .end_line = static_cast<size_t>(place->Integer(2))});
    }
    place->Reset();  // it may be gone
  }
  return places;
}

std::optional<SimilarLines> MostSimilarLines(
    std::string_view text, const SimilarPlace& place,
    const std::vector<RareWord>& words) {
  const TextLines lines(text);
  const size_t last = std::min(place.end_line, lines.size());
  if (place.begin_line > last) return std::nullopt;
  const Shared best =
      BestOf(WordsOfLines(lines, place.begin_line - 1, last, words), words);
  if (best.words < kLeastShared) return std::nullopt;
  const size_t first = place.begin_line - 1 + best.begin;
  const size_t end = std::min(first + kLinesShown, last);
  SimilarLines similar{
      .text = std::string(text.substr(lines.Begin(first),
                                      lines.Begin(end) - lines.Begin(first))),
      .begin_line = first + 1,
      .counts = best.counts};
  std::erase(similar.text, '\r');
  if (!similar.text.ends_with('\n')) similar.text += '\n';
  return similar;
}

}  // namespace krait::repository
