// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/retrieval_score.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "daemon/tools/eval/json_lines.h"
#include "grammars/language.h"

namespace krait::daemon {
namespace {

using repository::Passage;
using repository::Ranking;

constexpr size_t kDepth = 10;

bool IsOfCpp(std::string_view path) {
  const grammars::Language* const language = grammars::LanguageOfPath(path);
  return language != nullptr &&
         (language->name == "cpp" || path.ends_with(".h"));
}

// Whether both are one function of C++, declared in one file and defined in
// another.
bool IsOneFunction(const Passage& passage,
                   const RetrievalQuestion::Answer& answer) {
  return !answer.container.empty() && passage.container == answer.container &&
         passage.path != answer.path && IsOfCpp(passage.path) &&
         IsOfCpp(answer.path);
}

bool IsAnswer(const Passage& passage, const RetrievalQuestion& question) {
  return std::ranges::any_of(
      question.answers, [&](const RetrievalQuestion::Answer& answer) {
        const bool there =
            passage.path == answer.path &&
            (answer.end_line == 0 || (passage.begin_line <= answer.end_line &&
                                      answer.begin_line <= passage.end_line));
        return passage.name == answer.name &&
               (there || IsOneFunction(passage, answer));
      });
}

RetrievalQuestion::Answer AnswerOf(const RetrievalCase& one) {
  return {.path = one.path,
          .name = one.name,
          .container = one.container,
          .begin_line = one.begin_line,
          .end_line = one.end_line};
}

// What is summed up over questions or repositories.
std::vector<double*> SharesOf(RetrievalScore* score) {
  return {&score->first, &score->of_five, &score->of_ten,
          &score->reciprocal_ranks};
}

void Divide(RetrievalScore* score, size_t count) {
  for (double* const share : SharesOf(score)) {
    *share /= std::max(1.0, static_cast<double>(count));
  }
}

bool IsOfRepository(std::string_view folder, std::string_view name) {
  if (!folder.starts_with(name)) return false;
  folder.remove_prefix(name.size());
  return folder.empty() || folder[0] == '-' || folder[0] == '_';
}

}  // namespace

std::vector<RetrievalQuestion> QuestionsByComment(
    const std::vector<RetrievalCase>& cases) {
  std::map<std::string_view, std::vector<RetrievalQuestion::Answer>> said_of;
  for (const RetrievalCase& one : cases) {
    said_of[one.comment].push_back(AnswerOf(one));
  }
  std::vector<RetrievalQuestion> questions;
  for (const RetrievalCase& one : cases) {  // in their order
    const auto said = said_of.find(one.comment);
    if (said == said_of.end()) continue;
    questions.push_back({.text = one.comment, .answers = said->second});
    said_of.erase(said);
  }
  return questions;
}

std::vector<RetrievalQuestion> QuestionsByName(
    const std::vector<RetrievalCase>& cases) {
  std::map<std::string_view, size_t> names;
  for (const RetrievalCase& one : cases) ++names[one.name];
  std::vector<RetrievalQuestion> questions;
  for (const RetrievalCase& one : cases) {
    if (names[one.name] > 1) continue;
    questions.push_back({.text = one.name, .answers = {AnswerOf(one)}});
  }
  return questions;
}

base::Result<std::vector<RetrievalQuestion>> ReadRetrievalQuestions(
    std::string_view text, const std::string& file, std::string_view folder) {
  std::vector<RetrievalQuestion> questions;
  const auto read = ReadJsonLines(
      text, file, 0, [&](base::ObjectReader& object) -> base::Status {
        std::string repository;
        RetrievalQuestion question;
        std::vector<std::string> answers;
        object.Require("repository", &repository)
            .Require("question", &question.text)
            .Require("answers", &answers)
            .Check(!answers.empty(), "answers", "at least one");
        for (const std::string& answer : answers) {
          const size_t mark = answer.find('#');
          object.Check(mark != answer.npos, "answers", "PATH#NAME");
          question.answers.push_back(
              {.path = answer.substr(0, mark),
               .name = answer.substr(std::min(mark, answer.size() - 1) + 1)});
        }
        if (object.status() && IsOfRepository(folder, repository)) {
          questions.push_back(std::move(question));
        }
        return object.status();
      });
  if (!read) return read.error();
  return questions;
}

double RetrievalScore::Time(double share) const {
  if (milliseconds.empty()) return 0;
  std::vector<double> sorted = milliseconds;
  std::ranges::sort(sorted);
  const auto rank =
      static_cast<size_t>(share * static_cast<double>(sorted.size() - 1));
  return sorted[rank];
}

std::string_view RankingName(Ranking ranking) {
  switch (ranking) {
    case Ranking::kWords:
      return "words";
    case Ranking::kVectors:
      return "vectors";
    case Ranking::kBoth:
      return "both";
    case Ranking::kRanks:
      return "ranks";
    case Ranking::kDiverse:
      return "diverse";
  }
  return "";
}

base::Result<RetrievalScore> ScoreRetrieval(
    std::string_view by, const std::vector<RetrievalQuestion>& questions,
    Ranking ranking, repository::Searcher* searcher) {
  RetrievalScore score{
      .by = by, .ranking = RankingName(ranking), .questions = questions.size()};
  for (const RetrievalQuestion& question : questions) {
    const auto begin = std::chrono::steady_clock::now();
    const auto found = searcher->Find(question.text, kDepth, ranking,
                                      repository::Wanted::kCode);
    if (!found) return found.error();
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - begin;
    score.milliseconds.push_back(took.count());
    const auto at = std::ranges::find_if(*found, [&](const Passage& passage) {
      return IsAnswer(passage, question);
    });
    if (at == found->end()) continue;
    const auto rank = static_cast<size_t>(at - found->begin());
    score.first += rank == 0 ? 1 : 0;
    score.of_five += rank < 5 ? 1 : 0;
    score.of_ten += 1;
    score.reciprocal_ranks += 1 / static_cast<double>(rank + 1);
  }
  Divide(&score, score.questions);
  return score;
}

std::vector<RetrievalScore> MeanOf(
    const std::vector<std::vector<RetrievalScore>>& several) {
  std::vector<RetrievalScore> means;
  std::vector<size_t> counts;
  for (const std::vector<RetrievalScore>& scores : several) {
    for (RetrievalScore score : scores) {
      if (score.questions == 0) continue;
      auto mean = std::ranges::find_if(means, [&](const RetrievalScore& one) {
        return one.by == score.by && one.ranking == score.ranking;
      });
      if (mean == means.end()) {
        means.push_back(std::move(score));
        counts.push_back(1);
        continue;
      }
      ++counts[static_cast<size_t>(mean - means.begin())];
      mean->questions += score.questions;
      const auto into = SharesOf(&*mean);
      const auto from = SharesOf(&score);
      for (size_t i = 0; i < into.size(); ++i) *into[i] += *from[i];
      mean->milliseconds.insert(mean->milliseconds.end(),
                                score.milliseconds.begin(),
                                score.milliseconds.end());
    }
  }
  for (size_t i = 0; i < means.size(); ++i) Divide(&means[i], counts[i]);
  return means;
}

}  // namespace krait::daemon
