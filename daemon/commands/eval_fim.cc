// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/eval_fim.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>

#include "daemon/completion/engine_generator.h"
#include "daemon/eval/fim_cases.h"
#include "daemon/eval/metrics.h"
#include "daemon/json_text.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"

namespace krait::daemon {
namespace {

struct Score {
  size_t cases = 0;
  size_t exact = 0;
  double similarity = 0;  // the sum
  size_t shown = 0;
  double milliseconds = 0;

  void Add(const Score& other) {
    cases += other.cases;
    exact += other.exact;
    similarity += other.similarity;
    shown += other.shown;
    milliseconds += other.milliseconds;
  }
  double Mean(double sum) const { return sum / static_cast<double>(cases); }
};

// A middle of one line is asked for as a line: its line end, if it has one,
// belongs to the suffix then.
struct Exercise {
  CompletionRequest request;
  std::string wanted;
  bool one_line;
};

Exercise MakeExercise(const FimCase& fim_case) {
  const size_t newline = fim_case.middle.find('\n');
  const bool one_line =
      newline == std::string::npos || newline + 1 == fim_case.middle.size();
  Exercise exercise{.request = {.path = {},
                                .before = fim_case.prefix,
                                .after = fim_case.suffix},
                    .wanted = fim_case.middle,
                    .one_line = one_line};
  if (one_line && newline != std::string::npos) {
    exercise.wanted.resize(newline);
    exercise.request.after = std::string(1, '\n').append(fim_case.suffix);
  }
  return exercise;
}

engine::Result<Score> RunCase(const FimCase& fim_case,
                              const CompletionOptions& wanted,
                              CompletionService& service) {
  const Exercise exercise = MakeExercise(fim_case);
  CompletionOptions options = wanted;
  options.extent = exercise.one_line ? CompletionExtent::kLine
                                     : CompletionExtent::kUnlimited;
  const auto begin = Clock::now();
  const auto completion = service.Complete(exercise.request, options);
  if (!completion) return completion.error();
  const std::chrono::duration<double, std::milli> ms = Clock::now() - begin;
  const std::string& text = completion->text;
  return Score{.cases = 1,
               .exact = ExactMatch(text, exercise.wanted) ? size_t{1} : 0,
               .similarity = EditSimilarity(text, exercise.wanted),
               .shown = text.empty() ? size_t{0} : 1,
               .milliseconds = ms.count()};
}

boost::json::object ScoreToJson(const Score& score) {
  boost::json::object json;
  json["cases"] = score.cases;
  json["exact"] = score.exact;
  json["exact_match"] = score.Mean(static_cast<double>(score.exact));
  json["edit_similarity"] = score.Mean(score.similarity);
  json["shown"] = score.Mean(static_cast<double>(score.shown));
  json["ms_per_case"] = score.Mean(score.milliseconds);
  return json;
}

void PrintRow(std::string_view name, const Score& score) {
  PrintLine(fmt::format("{:<14}{:>7}{:>11.2f} %{:>11.2f} %{:>9.1f} %{:>10.1f}",
                        name, score.cases,
                        100 * score.Mean(static_cast<double>(score.exact)),
                        100 * score.Mean(score.similarity),
                        100 * score.Mean(static_cast<double>(score.shown)),
                        score.Mean(score.milliseconds)));
}

using Scores = std::map<std::string, Score>;

void PrintScores(const EvalFimArguments& arguments, const std::string& model,
                 const Scores& scores) {
  Score all;
  for (const auto& [language, score] : scores) all.Add(score);
  if (!arguments.json) {
    PrintLine(fmt::format("{:<14}{:>7}{:>13}{:>13}{:>11}{:>10}", "language",
                          "cases", "exact", "similarity", "shown", "ms/case"));
    for (const auto& [language, score] : scores) PrintRow(language, score);
    PrintRow("all", all);
    return;
  }
  boost::json::object json = ScoreToJson(all);
  json["model"] = model;
  boost::json::object languages;
  for (const auto& [language, score] : scores) {
    languages[language] = ScoreToJson(score);
  }
  json["languages"] = std::move(languages);
  PrintLine(JsonText(json));
}

}  // namespace

int RunEvalFim(const EvalFimArguments& arguments) {
  const auto text = ReadText(arguments.cases);
  if (!text) return ReportError(text.error());
  const auto cases = ParseFimCases(*text, arguments.cases, arguments.limit);
  if (!cases) return ReportError(cases.error());
  const auto loaded = LoadModel(arguments.model);
  if (!loaded) return ReportError(loaded.error());
  const auto generator = EngineGenerator::Create(loaded->model, *loaded->pool);
  if (!generator) return ReportError(generator.error());
  CompletionService service(**generator);

  Scores scores;
  Progress progress("cases", cases->size());
  size_t done = 0;
  size_t exact = 0;
  for (const FimCase& fim_case : *cases) {
    const auto score = RunCase(fim_case, arguments.completion, service);
    if (!score) return ReportError(score.error());
    scores[fim_case.language].Add(*score);
    exact += score->exact;
    progress.Update(++done, fmt::format("exact {}", exact));
  }
  PrintScores(arguments, loaded->model->hyperparameters().name, scores);
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
