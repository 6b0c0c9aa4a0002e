// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/similar_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>

#include "daemon/repository/code_terms.h"
#include "daemon/repository/identifiers.h"
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

constexpr std::string_view kCountTerm =
    "SELECT doc FROM term_row WHERE term = ?";
// The weights of the terms stand where {} is.
constexpr std::string_view kSimilarPlaces =
    "SELECT f.path, c.begin_line, c.end_line FROM (SELECT rowid AS id, "
    "krait_rank(term{}) AS score FROM term WHERE term MATCH ? ORDER BY score "
    "DESC LIMIT 12) r JOIN chunk c ON c.id = r.id JOIN file f ON f.id = c.file "
    "ORDER BY r.score DESC, f.path, c.begin_line";

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
  ForEachTerm(name, [&term](std::string_view part, bool whole) {
    if (whole || term.empty()) term = part;
  });
  return term;
}

base::Result<std::vector<RareWord>> SimilarPlaces::RareWords(
    const NearNames& names) {
  const auto files = database_.Number("SELECT count(*) FROM file");
  if (!files) return files.error();
  auto count = database_.Prepare(kCountTerm);
  if (!count) return count.error();
  std::map<std::string, RareWord> rare;  // by term
  for (const auto& [name, near] : names) {
    std::string term = TermOf(name);
    if (term.empty()) continue;
    const auto row = count->Bind(1, term).Step();
    if (!row) return row.error();
    const int64_t places = *row ? count->Integer(0) : 0;
    count->Reset();
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
  std::string match;
  std::string weights;
  for (const RareWord& word : words) {
    // A term has no quotes in it.
    match += fmt::format("{}\"{}\"", match.empty() ? "" : " OR ", word.term);
    weights += fmt::format(", {:.4f}", word.counts);
  }
  auto find =
      database_.Prepare(fmt::format(fmt::runtime(kSimilarPlaces), weights));
  if (!find) return find.error();
  find->Bind(1, match);
  for (;;) {
    const auto row = find->Step();
    if (!row) return row.error();
    if (!*row) return places;
    places.push_back({.path = std::string(find->Text(0)),
                      .begin_line = static_cast<size_t>(find->Integer(1)),
                      .end_line = static_cast<size_t>(find->Integer(2))});
  }
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
  if (!similar.text.ends_with('\n')) similar.text += '\n';
  return similar;
}

}  // namespace krait::repository
