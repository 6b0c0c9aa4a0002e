// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/eval_shown.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/json_text.h"
#include "base/utf8.h"
#include "daemon/completion/rules/language_rules.h"
#include "daemon/config/config.h"
#include "daemon/host/local/make_generator.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"
#include "daemon/tools/context_lookup.h"
#include "daemon/tools/eval/calibration.h"
#include "daemon/tools/eval/calibration_report.h"
#include "daemon/tools/eval/fim_cases.h"
#include "daemon/tools/eval/shown_case.h"
#include "grammars/language.h"

namespace krait::daemon {
namespace {

// Returns a file's path below a folder; as it is if there is none.
std::string PathIn(const std::string& folder, const std::string& path) {
  if (folder.empty()) return path;
  std::error_code error;
  const auto below = std::filesystem::relative(path, folder, error);
  return error || below.empty() ? path : below.string();
}

// Reads what to complete: cases as they are, places in all other files.
base::Result<std::vector<FimCase>> ReadCases(
    const EvalShownArguments& arguments) {
  std::vector<FimCase> cases;  // that are given as such
  std::vector<SourceFile> files;
  for (const std::string& path : arguments.files) {
    auto text = ReadText(path);
    if (!text) return text.error();
    if (path.ends_with(".jsonl")) {
      auto read = ParseFimCases(*text, path, /*limit=*/0);
      if (!read) return read.error();
      cases.insert(cases.end(), std::make_move_iterator(read->begin()),
                   std::make_move_iterator(read->end()));
      continue;
    }
    if (base::ValidUtf8Prefix(*text) != text->size()) {
      return base::MakeError(base::ErrorCode::kInvalidArgument,
                             path + ": expected UTF-8 text");
    }
    const grammars::Language* language = grammars::LanguageOfFile(path, *text);
    files.push_back({.path = path,
                     .language = std::string(
                         language == nullptr ? "other" : language->name),
                     .text = std::move(*text)});
  }
  cases = SpreadCases(std::move(cases), arguments.places);
  for (FimCase& place :
       PlacesInLines(files, arguments.places, arguments.seed)) {
    place.path = PathIn(arguments.repository, place.path);
    cases.push_back(std::move(place));
  }
  if (!arguments.repository.empty()) {
    PlaceInRepositories(arguments.repository, &cases);
  }
  return cases;
}

struct LanguageScore {
  size_t places = 0;
  ShownCount count;
};
using ShownScores = std::map<std::string, LanguageScore>;

// What the run came to.
struct Outcome {
  ShownScores scores;
  std::vector<GateTrial> lines;  // whatever their mean
  Calibration calibration;
  std::string json_lines;
};

boost::json::object CaseToJson(const FimCase& fim_case,
                               const completion::Completion& completion) {
  boost::json::object json;
  json["task_id"] = fim_case.id;
  json["language"] = fim_case.language;
  json["middle"] = fim_case.middle;
  json["completion"] = completion.text;
  if (completion.trace.mean_logprob) {
    json["mean_logprob"] = *completion.trace.mean_logprob;
  }
  json["suppressed_by"] = completion.trace.suppressed_by;
  return json;
}

boost::json::array SaidToJson(const std::vector<completion::SaidToken>& said) {
  boost::json::array json;
  for (const completion::SaidToken& token : said) {
    // A token may be a part of a character.
    json.push_back(
        boost::json::array{base::ToValidUtf8(token.bytes), token.logprob});
  }
  return json;
}

// Completes as an editor asks unasked, and once more whatever the mean is.
base::Status ShowCase(const FimCase& fim_case,
                      const EvalShownArguments& arguments,
                      completion::Generator* generator, ContextLookup* contexts,
                      Outcome* outcome) {
  // A service for each: places in one file do not depend on each other's order.
  completion::CompletionService service(*generator);
  completion::CompletionRequest request = RequestOf(fim_case);
  completion::CompletionOptions options = arguments.completion;
  if (auto added =
          contexts->AddToCase(fim_case, options.context_tokens, &request);
      !added) {
    return added;
  }
  options.syntax_budget = grammars::CheckBudget::Unlimited();
  const auto shown = service.Complete(request, options);
  if (!shown) return shown.error();
  LanguageScore& score = outcome->scores[fim_case.language];
  ++score.places;
  if (!shown->text.empty()) {
    score.count.Add(RateShown(shown->text, fim_case.middle));
  }
  boost::json::object json = CaseToJson(fim_case, *shown);

  options.min_confidence.reset();
  options.thresholds = generator->hints().ConfidenceOf(
      completion::NameForModels(request.syntax.language));
  options.thresholds->line = completion::kShowAll;
  const auto all = service.Complete(request, options);
  if (!all) return all.error();
  if (!all->text.empty()) {
    outcome->lines.push_back(
        {.language = fim_case.language,
         .mean_logprob = all->trace.mean_logprob.value_or(0),
         .right = RateShown(all->text, fim_case.middle)});
  }
  json["said"] = SaidToJson(all->said);
  if (arguments.calibrate) {
    const auto tried = outcome->calibration.Try(fim_case, request,
                                                arguments.completion, &service);
    if (!tried) return tried.error();
    json["said"] = SaidToJson(outcome->calibration.said());
  }
  outcome->json_lines += base::JsonText(json) + "\n";
  return {};
}

LanguageScore AllOf(const ShownScores& scores) {
  LanguageScore all;
  for (const auto& [language, score] : scores) {
    all.places += score.places;
    all.count.shown += score.count.shown;
    all.count.first_word += score.count.first_word;
    all.count.whole += score.count.whole;
    all.count.to_end += score.count.to_end;
    all.count.right_bytes += score.count.right_bytes;
  }
  return all;
}

void PrintOutcome(const EvalShownArguments& arguments, const Outcome& outcome,
                  const completion::ModelHints& hints) {
  const completion::ConfidenceThresholds& thresholds = hints.confidence;
  const LanguageScore all = AllOf(outcome.scores);
  std::string text = ShownHead("language");
  for (const auto& [language, score] : outcome.scores) {
    text += ShownRow(language, score.places, score.count);
  }
  text += ShownRow("all", all.places, all.count);
  text += fmt::format(
      "\nThresholds of the model: line {:.2f}, block {:.2f}, token {:.2f}. "
      "Below: with others for the mean.\n",
      thresholds.line, thresholds.block, thresholds.token);
  for (const auto& [language, own] : hints.confidence_of) {
    text += fmt::format("Of {}: line {:.2f}, token {:.2f}.\n", language,
                        own.line, own.token);
  }
  text += ThresholdTable(all.places, RowsByThreshold(outcome.lines));
  if (arguments.calibrate) {
    text +=
        CalibrationText(outcome.calibration, arguments.right_share, thresholds);
  }
  Print(text);
}

// The thresholds of languages that have their own.
boost::json::object OwnToJson(const completion::ModelHints& hints) {
  boost::json::object json;
  for (const auto& [language, thresholds] : hints.confidence_of) {
    json[language] = boost::json::object{{"line", thresholds.line},
                                         {"token", thresholds.token}};
  }
  return json;
}

void PrintJson(const EvalShownArguments& arguments, const Outcome& outcome,
               const std::string& model, const completion::ModelHints& hints) {
  const completion::ConfidenceThresholds& thresholds = hints.confidence;
  const LanguageScore all = AllOf(outcome.scores);
  boost::json::object json = ShownToJson(all.places, all.count);
  json["model"] = model;
  json["line"] = thresholds.line;
  json["block"] = thresholds.block;
  json["token"] = thresholds.token;
  json["own"] = OwnToJson(hints);
  boost::json::object languages;
  for (const auto& [language, score] : outcome.scores) {
    languages[language] = ShownToJson(score.places, score.count);
  }
  json["languages"] = std::move(languages);
  json["by_threshold"] =
      ThresholdsToJson(all.places, RowsByThreshold(outcome.lines));
  if (arguments.calibrate) {
    json["calibration"] = CalibrationToJson(outcome.calibration,
                                            arguments.right_share, thresholds);
  }
  PrintLine(base::JsonText(json));
}

}  // namespace

int RunEvalShown(const EvalShownArguments& arguments) {
  const auto cases = ReadCases(arguments);
  if (!cases) return ReportError(cases.error());
  if (!arguments.completions.empty()) {
    // A file that cannot be written is known before hours of work, not after.
    const auto writable = WriteBytes(arguments.completions, {});
    if (!writable) return ReportError(writable.error());
  }
  const auto ready = MakeGenerator(KeepingNothing(arguments.model));
  if (!ready) return ReportError(ready.error());
  completion::Generator& generator = *ready->generator;
  const completion::ModelHints hints = generator.hints();

  ContextLookup contexts(StateHome(), {},
                         LoadConfig({}).config.repository.embedding_model);
  Outcome outcome;
  Progress progress("places", cases->size());
  size_t done = 0;
  for (const FimCase& fim_case : *cases) {
    const auto run =
        ShowCase(fim_case, arguments, &generator, &contexts, &outcome);
    if (!run) return ReportError(run.error());
    progress.Update(++done);
  }
  if (arguments.json) {
    PrintJson(arguments, outcome, ready->name, hints);
  } else {
    PrintOutcome(arguments, outcome, hints);
  }
  if (!arguments.completions.empty()) {
    const auto written = WriteBytes(arguments.completions, outcome.json_lines);
    if (!written) return ReportError(written.error());
  }
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
