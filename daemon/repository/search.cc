// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <utility>

#include "daemon/repository/code_terms.h"
#include "daemon/repository/text_lines.h"

namespace krait::repository {
namespace {

// The weights of the terms stand where {} is.
constexpr std::string_view kFind =
    "SELECT f.path, c.begin_line, c.end_line, c.kind, c.name, c.container, "
    "r.score FROM (SELECT rowid AS id, krait_rank(term, {}) AS score FROM term "
    "WHERE term MATCH ? ORDER BY score DESC LIMIT ?) r "
    "JOIN chunk c ON c.id = r.id JOIN file f ON f.id = c.file "
    "ORDER BY r.score DESC, f.path, c.begin_line";
// One that is in a million chunks need not be counted to its end.
constexpr std::string_view kCount = "SELECT doc FROM term_row WHERE term = ?";

constexpr size_t kMostTerms = 24;
// So many places of terms together are looked at, a third of a microsecond
// each, if there is one term at all.
constexpr int64_t kMostPlaces = 40'000;
// Looked at beyond what is wanted, for what is added to their scores.
constexpr size_t kMore = 30;
// Who names a declaration wants that.
constexpr double kNamed = 1.5;

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

std::string AsOneWord(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    if (c == '_') continue;
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return lower;
}

// The words of a text as Lower has them.
std::set<std::string> WordsOf(std::string_view text) {
  std::set<std::string> words;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const auto byte =
        i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    const bool in_word = std::isalnum(static_cast<int>(byte)) != 0 ||
                         byte == '_' || byte >= 0x80;
    if (in_word) continue;
    if (i > begin) words.insert(AsOneWord(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  return words;
}

Passage PassageOf(const Statement& row) {
  return {.path = std::string(row.Text(0)),
          .begin_line = static_cast<size_t>(row.Integer(1)),
          .end_line = static_cast<size_t>(row.Integer(2)),
          .kind = static_cast<grammars::SymbolKind>(row.Integer(3)),
          .name = std::string(row.Text(4)),
          .container = std::string(row.Text(5)),
          .score = row.Real(6)};
}

}  // namespace

std::string_view KindName(grammars::SymbolKind kind) {
  switch (kind) {
    case grammars::SymbolKind::kClass:
      return "class";
    case grammars::SymbolKind::kConstant:
      return "constant";
    case grammars::SymbolKind::kEnum:
      return "enum";
    case grammars::SymbolKind::kFunction:
      return "function";
    case grammars::SymbolKind::kInterface:
      return "interface";
    case grammars::SymbolKind::kMethod:
      return "method";
    case grammars::SymbolKind::kModule:
      return "module";
    case grammars::SymbolKind::kSection:
      return "section";
    case grammars::SymbolKind::kStruct:
      return "struct";
    case grammars::SymbolKind::kType:
      return "type";
    case grammars::SymbolKind::kVariable:
      return "variable";
  }
  return "";
}

Searcher::Searcher(IndexStore store, Statement count)
    : store_(std::move(store)), count_(std::move(count)) {}

base::Result<Searcher> Searcher::Open(const std::filesystem::path& index) {
  auto store = IndexStore::OpenToRead(index);
  if (!store) return store.error();
  auto count = store->database().Prepare(kCount);
  if (!count) return count.error();
  return Searcher(std::move(*store), std::move(*count));
}

base::Result<double> Searcher::Coverage(std::string_view question,
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
  const auto chunks = store_.Chunks();
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
base::Result<std::vector<Searcher::Term>> Searcher::TermsOf(
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
base::Result<std::vector<Passage>> Searcher::Rank(
    const std::vector<Term>& terms, size_t most) {
  const auto chunks = store_.Chunks();
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
      store_.database().Prepare(fmt::format(fmt::runtime(kFind), weights));
  if (!find) return find.error();
  int64_t places = 0;
  for (const Term& term : terms) places += term.chunks;
  std::vector<Passage> passages;
  for (auto limit = static_cast<int64_t>(most);; limit *= 4) {
    passages.clear();
    find->Bind(1, match).Bind(2, limit);
    for (;;) {
      const auto row = find->Step();
      if (!row) return row.error();
      if (!*row) break;
      passages.push_back(PassageOf(*find));
    }
    if (passages.size() >= most || limit >= places) break;
  }
  if (passages.size() > most) passages.resize(most);
  return passages;
}

base::Result<std::vector<Passage>> Searcher::Find(std::string_view question,
                                                  size_t most) {
  const auto terms = TermsOf(question);
  if (!terms) return terms.error();
  if (terms->empty()) return std::vector<Passage>();
  auto passages = Rank(*terms, most + kMore);
  if (!passages) return passages.error();
  const std::set<std::string> named = WordsOf(question);
  for (Passage& passage : *passages) {
    if (!passage.name.empty() && named.contains(AsOneWord(passage.name))) {
      passage.score *= kNamed;
    }
  }
  std::ranges::stable_sort(*passages, [](const Passage& a, const Passage& b) {
    return a.score > b.score;
  });
  if (passages->size() > most) passages->resize(most);
  return passages;
}

std::string ReadPassage(const std::filesystem::path& root,
                        const Passage& passage) {
  const auto text = ReadFile(root / passage.path, FileChoice::kMaxBytes);
  if (!text) return {};
  const TextLines lines(*text);
  const size_t end = std::min(passage.end_line, lines.size());
  const size_t begin = std::min(passage.begin_line - 1, end);
  return text->substr(lines.Begin(begin),
                      lines.Begin(end) - lines.Begin(begin));
}

}  // namespace krait::repository
