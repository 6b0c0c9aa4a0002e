// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/eval_fim.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/config/config.h"
#include "daemon/host/local/make_generator.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"
#include "daemon/tools/context_lookup.h"
#include "daemon/tools/eval/calibration.h"
#include "daemon/tools/eval/calibration_report.h"
#include "daemon/tools/eval/exercise.h"
#include "daemon/tools/eval/fim_cases.h"
#include "daemon/tools/eval/metrics.h"
#include "daemon/tools/eval/reliability.h"

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

// What the cases came to, besides their scores.
struct Answers {
  std::vector<RatedAnswer> rated;
  Calibration calibration;
  std::string json_lines;  // {"task_id", "completion"}
};

void Record(const FimCase& fim_case, const std::string& text,
            Answers* answers) {
  boost::json::object json;
  json["task_id"] = fim_case.id;
  json["completion"] = text;
  answers->json_lines += base::JsonText(json) + "\n";
}

base::Result<Score> CompleteCase(const FimCase& fim_case,
                                 const EvalFimArguments& arguments,
                                 completion::CompletionService& service,
                                 ContextLookup* contexts, Answers* answers) {
  Exercise exercise = MakeExercise(fim_case);
  completion::CompletionOptions options = arguments.completion;
  // A file of a repository has a name there, as in an editor.
  if (!fim_case.repository.empty()) exercise.request.path = fim_case.path;
  const auto looked_up =
      contexts->AddToCase(fim_case, options.context_tokens, &exercise.request);
  if (!looked_up) return looked_up.error();
  options.extent = arguments.extent.value_or(exercise.extent);
  const auto begin = completion::Clock::now();
  const auto completion = service.Complete(exercise.request, options);
  if (!completion) return completion.error();
  const std::chrono::duration<double, std::milli> ms =
      completion::Clock::now() - begin;
  const std::string& text = completion->text;
  Record(fim_case, text, answers);
  const bool exact = ExactMatch(text, exercise.wanted);
  const double similarity = EditSimilarity(text, exercise.wanted);
  if (!text.empty() && completion->trace.mean_logprob) {
    answers->rated.push_back({.mean_logprob = *completion->trace.mean_logprob,
                              .exact = exact,
                              .similarity = similarity});
  }
  if (arguments.calibrate) {
    exercise.request.path = fim_case.path;
    const auto tried =
        answers->calibration.Try(fim_case, exercise.request, options, &service);
    if (!tried) return tried.error();
  }
  return Score{.cases = 1,
               .exact = exact ? size_t{1} : 0,
               .similarity = similarity,
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

using FimScores = std::map<std::string, Score>;

void PrintReliability(const std::vector<RatedAnswer>& answers) {
  PrintLine(fmt::format("\n{:<14}{:>7}{:>13}{:>13}{:>11}{:>10}{:>13}",
                        "mean logprob", "cases", "exact", "similarity", "shown",
                        "exact", "similarity"));
  for (const ReliabilityRow& row : Reliability(answers)) {
    PrintLine(
        fmt::format("{:<14}{:>7}{:>11.2f} %{:>11.2f} %{:>11}{:>10}{:>11.2f} %",
                    fmt::format(">= {:.1f}", row.threshold), row.answers,
                    100 * row.exact, 100 * row.similarity, row.shown,
                    row.shown_exact, 100 * row.shown_similarity));
  }
}

boost::json::array ReliabilityToJson(const std::vector<RatedAnswer>& answers) {
  boost::json::array rows;
  for (const ReliabilityRow& row : Reliability(answers)) {
    boost::json::object json;
    if (std::isfinite(row.threshold)) {
      json["threshold"] = row.threshold;
    } else {
      json["threshold"] = nullptr;
    }
    json["answers"] = row.answers;
    json["exact_match"] = row.exact;
    json["edit_similarity"] = row.similarity;
    json["shown"] = row.shown;
    json["shown_exact"] = row.shown_exact;
    json["shown_edit_similarity"] = row.shown_similarity;
    rows.push_back(std::move(json));
  }
  return rows;
}

void PrintScores(const EvalFimArguments& arguments, const std::string& model,
                 const completion::ConfidenceThresholds& thresholds,
                 const FimScores& scores, const Answers& answers) {
  Score all;
  for (const auto& [language, score] : scores) all.Add(score);
  if (!arguments.json) {
    PrintLine(fmt::format("{:<14}{:>7}{:>13}{:>13}{:>11}{:>10}", "language",
                          "cases", "exact", "similarity", "shown", "ms/case"));
    for (const auto& [language, score] : scores) PrintRow(language, score);
    PrintRow("all", all);
    if (!arguments.calibrate) return;
    PrintReliability(answers.rated);
    Print(CalibrationText(answers.calibration, arguments.right_share,
                          thresholds));
    return;
  }
  boost::json::object json = ScoreToJson(all);
  json["model"] = model;
  boost::json::object languages;
  for (const auto& [language, score] : scores) {
    languages[language] = ScoreToJson(score);
  }
  json["languages"] = std::move(languages);
  if (arguments.calibrate) {
    json["reliability"] = ReliabilityToJson(answers.rated);
    json["calibration"] = CalibrationToJson(answers.calibration,
                                            arguments.right_share, thresholds);
  }
  PrintLine(base::JsonText(json));
}

}  // namespace

int RunEvalFim(const EvalFimArguments& arguments) {
  const auto text = ReadText(arguments.cases);
  if (!text) return ReportError(text.error());
  auto cases = ParseFimCases(*text, arguments.cases, arguments.limit);
  if (!cases) return ReportError(cases.error());
  if (!arguments.repository.empty()) {
    PlaceInRepositories(arguments.repository, &*cases);
  }
  if (!arguments.completions.empty()) {
    // A file that cannot be written is known before hours of work, not after.
    const auto writable = WriteBytes(arguments.completions, {});
    if (!writable) return ReportError(writable.error());
  }
  const auto ready = MakeGenerator(KeepingNothing(arguments.model));
  if (!ready) return ReportError(ready.error());
  completion::Generator& generator = *ready->generator;
  completion::CompletionService service(generator);

  ContextLookup contexts(StateHome(), {},
                         LoadConfig({}).config.repository.embedding_model);
  FimScores scores;
  Answers answers;
  Progress progress("cases", cases->size());
  size_t done = 0;
  size_t exact = 0;
  for (const FimCase& fim_case : *cases) {
    const auto score =
        CompleteCase(fim_case, arguments, service, &contexts, &answers);
    if (!score) return ReportError(score.error());
    scores[fim_case.language].Add(*score);
    exact += score->exact;
    progress.Update(++done, fmt::format("exact {}", exact));
  }
  PrintScores(arguments, ready->name, generator.hints().confidence, scores,
              answers);
  if (!arguments.completions.empty()) {
    const auto written = WriteBytes(arguments.completions, answers.json_lines);
    if (!written) return ReportError(written.error());
  }
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
