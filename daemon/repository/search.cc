// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/search.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/code_terms.h"
#include "daemon/repository/document.h"
#include "daemon/repository/one_declaration.h"
#include "daemon/repository/rank_fusion.h"
#include "daemon/repository/test_files.h"
#include "daemon/repository/text_lines.h"

namespace krait::repository {
namespace {

constexpr std::string_view kPassage =
    "SELECT f.path, c.begin_line, c.begin_line + c.more_lines, c.kind, "
    "c.name, c.container FROM chunk c JOIN file f ON f.id = c.file WHERE c.id "
    "= ?";

// Chosen by doc comments (code) and by questions about documents and code
// (anything) of repositories that are not those of docs/repository.md.
struct Weights {
  Saturation saturation;
  // Looked at beyond what is wanted, for what is added to their scores.
  size_t more;
  // How much more a passage counts the whole of whose name is asked for.
  double share_of_name;
  double of_function;
  double of_constructor;
  // Who names a declaration wants that.
  double named;
  // Tests, examples and the like have the words of what they are about.
  double of_test;
  // What the product of vectors counts beside the score by words, among so
  // many passages, and at most: of more, more are near a question by chance.
  double of_vectors;
  double among;
  double most_of_vectors;

  double OfVectors(size_t passages) const {
    const auto count = static_cast<double>(std::max<size_t>(passages, 1));
    return std::min(most_of_vectors, of_vectors * std::sqrt(among / count));
  }
};

Weights WeightsFor(Wanted wanted) {
  if (wanted == Wanted::kCode) {
    return {.saturation = {.half = 3, .length = 0.75},
            .more = 100,
            .share_of_name = 0.15,
            .of_function = 2,
            .of_constructor = 2,
            .named = 1.1,
            .of_test = 0.5,
            .of_vectors = 2,
            .among = 10'000,
            .most_of_vectors = 3};
  }
  return {.saturation = {.half = 0.8, .length = 0.5},
          .more = 30,
          .share_of_name = 0,
          .of_function = 1,
          .of_constructor = 1,
          .named = 1.5,
          .of_test = 0.85,
          .of_vectors = 1,
          .among = 10'000,
          .most_of_vectors = 1};
}

// Of each way of searching so many are put together.
constexpr size_t kFused = 200;
// What vectors count beside words, by ranks.
constexpr double kRankOfVectors = 0.3;
// How much a passage counts less for being like those before it.
constexpr double kDiversity = 0.2;

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

bool IsFunction(grammars::SymbolKind kind) {
  return kind == grammars::SymbolKind::kFunction ||
         kind == grammars::SymbolKind::kMethod;
}

// How much of a declaration's name a question has, from 0 to 1.
double ShareOfName(std::string_view name,
                   const std::set<std::string, std::less<>>& asked) {
  double parts = 0;
  double had = 0;
  base::ForEachTerm(name, [&](std::string_view term, bool whole) {
    if (whole) return;
    ++parts;
    if (asked.contains(term)) ++had;
  });
  return parts == 0 ? 0 : had / parts;
}

// Multiplies scores by what the passages are, and sorts by them.
void Weigh(const Weights& weights, std::string_view question,
           std::vector<Passage>* passages) {
  const std::set<std::string> named = WordsOf(question);
  std::set<std::string, std::less<>> asked;
  base::ForEachTerm(question, [&asked](std::string_view term, bool whole) {
    if (!whole) asked.emplace(term);
  });
  for (Passage& passage : *passages) {
    const bool function = IsFunction(passage.kind);
    if (!passage.name.empty() && named.contains(AsOneWord(passage.name))) {
      passage.score *= weights.named;
    }
    if (IsOfTests(passage.path) ||
        (function && IsOfDocumentation(passage.path))) {
      passage.score *= weights.of_test;
    }
    passage.score *=
        1 + weights.share_of_name * ShareOfName(passage.name, asked);
    if (function) {
      passage.score *= passage.name == passage.container
                           ? weights.of_constructor
                           : weights.of_function;
    }
  }
  std::ranges::stable_sort(*passages, [](const Passage& a, const Passage& b) {
    return a.score > b.score;
  });
}

Passage PassageOf(const Statement& row, double score) {
  return {.path = std::string(row.Text(0)),
          .begin_line = static_cast<size_t>(row.Integer(1)),
          .end_line = static_cast<size_t>(row.Integer(2)),
          .kind = static_cast<grammars::SymbolKind>(row.Integer(3)),
          .name = std::string(row.Text(4)),
          .container = std::string(row.Text(5)),
          .score = score};
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

base::Result<Searcher> Searcher::Open(const std::filesystem::path& index,
                                      const ChunkEncoder* encoder) {
  auto store = IndexStore::OpenToRead(index);
  if (!store) return store.error();
  auto words = WordSearch::Open(&*store);
  if (!words) return words.error();
  auto passage = store->database().Prepare(kPassage);
  if (!passage) return passage.error();
  Searcher searcher(std::move(*store), std::move(*words), std::move(*passage));
  if (encoder == nullptr) return searcher;
  const auto made_by = searcher.store_.Encoder();
  if (!made_by) return made_by.error();
  if (*made_by != encoder->name()) return searcher;
  auto vectors = VectorSearch::Load(&searcher.store_, encoder->dimension(),
                                    encoder->type());
  if (!vectors) return vectors.error();
  searcher.encoder_ = encoder;
  searcher.vectors_ = std::move(*vectors);
  return searcher;
}

// Unlike places, scores say how sure a search is: with words' divided by the
// best, and vectors' as they are, more is found than by ranks.
std::vector<ScoredChunk> Searcher::SumOfScores(
    std::span<const ScoredChunk> by_words,
    std::span<const ScoredChunk> by_vectors, double of_vectors) const {
  std::unordered_map<int64_t, double> scores;
  const double best = by_words.empty() ? 1 : by_words.front().score;
  for (const ScoredChunk& chunk : by_words) {
    scores[chunk.number] =
        chunk.score / best + of_vectors * vectors_->ProductOf(chunk.number);
  }
  for (const ScoredChunk& chunk : by_vectors) {
    scores.emplace(chunk.number, of_vectors * chunk.score);
  }
  std::vector<ScoredChunk> sums;
  sums.reserve(scores.size());
  for (const auto& [number, score] : scores) {
    sums.push_back({.number = number, .score = score});
  }
  std::ranges::sort(sums, [](const ScoredChunk& a, const ScoredChunk& b) {
    return std::pair(-a.score, a.number) < std::pair(-b.score, b.number);
  });
  return sums;
}

std::vector<ScoredChunk> Searcher::Diverse(std::span<const ScoredChunk> ranked,
                                           size_t most) const {
  ranked = ranked.first(std::min(ranked.size(), kFused));
  std::vector<std::vector<float>> vectors;
  for (const ScoredChunk& chunk : ranked) {
    vectors.push_back(vectors_->VectorOf(chunk.number));
  }
  return Diversify(ranked, kDiversity, most, [&](size_t a, size_t b) {
    const size_t size = std::min(vectors[a].size(), vectors[b].size());
    double product = 0;
    for (size_t i = 0; i < size; ++i) {
      product += static_cast<double>(vectors[a][i] * vectors[b][i]);
    }
    return product;
  });
}

base::Result<std::vector<ScoredChunk>> Searcher::Rank(
    std::string_view question, size_t most, Ranking ranking,
    const Saturation& saturation, double of_vectors) {
  const size_t many = std::max(most, kFused);
  const bool vectors = vectors_ && ranking != Ranking::kWords;
  std::vector<ScoredChunk> near;
  if (vectors)
    near = vectors_->Nearest(encoder_->EncodeQuestion(question), many);
  if (ranking == Ranking::kVectors) return near;
  auto found =
      words_.Find(&store_, question, vectors ? many : most, saturation);
  if (!found || !vectors || found->empty()) return found;
  if (ranking == Ranking::kRanks) {
    const RankedList lists[] = {{.found = *found, .weight = 1 - kRankOfVectors},
                                {.found = near, .weight = kRankOfVectors}};
    return FuseRanks(lists);
  }
  auto sums = SumOfScores(*found, near, of_vectors);
  return ranking == Ranking::kDiverse ? Diverse(sums, most) : sums;
}

base::Result<std::vector<Passage>> Searcher::Passages(
    std::span<const ScoredChunk> chunks) {
  std::vector<Passage> passages;
  for (const ScoredChunk& chunk : chunks) {
    const auto row = passage_.Bind(1, chunk.number).Step();
    if (!row) return row.error();
    if (*row) passages.push_back(PassageOf(passage_, chunk.score));
    passage_.Reset();  // it may be gone since
  }
  return passages;
}

base::Result<std::vector<Passage>> Searcher::Find(std::string_view question,
                                                  size_t most, Ranking ranking,
                                                  Wanted wanted) {
  Weights weights = WeightsFor(wanted);
  // Who writes one word names something.
  const bool by_name = wanted == Wanted::kCode && WordsOf(question).size() <= 1;
  if (by_name) {
    weights.named = 3;
    weights.of_constructor = 0.8;  // who writes a class's name wants the class
    if (ranking == Ranking::kBoth) ranking = Ranking::kWords;
  }
  const size_t looked_at = most + weights.more;
  auto ranked = Rank(question, looked_at, ranking, weights.saturation,
                     vectors_ ? weights.OfVectors(vectors_->size()) : 0);
  if (!ranked) return ranked.error();
  if (ranked->size() > looked_at) ranked->resize(looked_at);
  auto passages = Passages(*ranked);
  if (!passages) return passages.error();
  Weigh(weights, question, &*passages);
  if (wanted == Wanted::kCode) LeaveOneOfEachDeclaration(by_name, &*passages);
  if (passages->size() > most) passages->resize(most);
  return passages;
}

std::string ReadPassage(const std::filesystem::path& root,
                        const Passage& passage) {
  const auto text =
      ReadFile(root / passage.path, FileChoice::MostBytes(passage.path));
  if (!text) return {};
  if (IsDocument(passage.path)) {
    const auto document =
        ReadDocument(passage.path, *text,
                     {.first = passage.begin_line, .last = passage.end_line});
    return document ? document->text : std::string();
  }
  const TextLines lines(*text);
  const size_t end = std::min(passage.end_line, lines.size());
  const size_t begin = std::min(passage.begin_line - 1, end);
  return text->substr(lines.Begin(begin),
                      lines.Begin(end) - lines.Begin(begin));
}

}  // namespace krait::repository
