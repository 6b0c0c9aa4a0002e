// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/ask.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/chat/chat_answerer.h"
#include "daemon/chat/repository_question.h"
#include "daemon/chat/terminal_text.h"
#include "daemon/commands/repository_index.h"
#include "daemon/repository/place_unit.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"

namespace krait::daemon {
namespace {

struct AskOutcome {
  RepositoryAnswer answer;
  double coverage = 0;  // of the question, by the best passage
  std::string model;    // empty: none answered
  std::string why_no_model;
};

boost::json::array PlacesToJson(const std::vector<Citation>& citations) {
  boost::json::array json;
  for (const Citation& citation : citations) {
    json.push_back(boost::json::object{
        {"path", base::JsonString(citation.path)},
        {"line", citation.begin_line},
        {"end_line", citation.end_line},
        {"unit", repository::UnitName(repository::UnitOfPlaces(citation.path))},
        {"added", citation.added}});
  }
  return json;
}

boost::json::array DroppedToJson(const std::vector<DroppedCitation>& dropped) {
  boost::json::array json;
  for (const DroppedCitation& one : dropped) {
    json.push_back(boost::json::object{{"text", base::JsonString(one.text)},
                                       {"why", base::JsonString(one.why)}});
  }
  return json;
}

void PrintJson(const AskOutcome& outcome, double seconds) {
  PrintLine(base::JsonText(boost::json::object{
      {"found", outcome.answer.found},
      {"supported", outcome.answer.supported},
      {"answer", base::JsonString(outcome.answer.text)},
      {"citations", PlacesToJson(outcome.answer.citations)},
      {"dropped", DroppedToJson(outcome.answer.dropped)},
      {"coverage", outcome.coverage},
      {"model", outcome.model.empty()
                    ? boost::json::value(nullptr)
                    : boost::json::value(base::JsonString(outcome.model))},
      {"seconds", seconds}}));
}

void PrintText(const AskOutcome& outcome) {
  Print(TerminalText(outcome.answer.text));
  if (!outcome.answer.text.ends_with('\n')) Print("\n");
  (void)std::fflush(stdout);
  for (const DroppedCitation& dropped : outcome.answer.dropped) {
    PrintError(
        fmt::format("the model named a place that {}, which is left "
                    "out: {}",
                    dropped.why, TerminalText(dropped.text)));
  }
  if (!outcome.why_no_model.empty() && isatty(STDERR_FILENO) == 1) {
    PrintError(fmt::format(
        "no model answered ({}); `krait model list --remote` shows some that "
        "can",
        outcome.why_no_model));
  }
}

}  // namespace

int RunAsk(const AskArguments& arguments) {
  auto named = FindRepository(arguments.repository);
  if (!named) return ReportError(named.error());
  if (const auto opened = OpenEncoder(&*named); !opened) {
    return ReportError(opened.error());
  }
  const auto report = UpdateNamed(*named, arguments.rules.files);
  if (!report) return ReportError(report.error());
  auto searcher =
      repository::Searcher::Open(named->index, named->encoder.get());
  if (!searcher) return ReportError(searcher.error());
  const auto begin = std::chrono::steady_clock::now();
  const auto findings = FindForQuestion(named->root, &*searcher,
                                        arguments.question, arguments.most);
  if (!findings) return ReportError(findings.error());
  AskOutcome outcome{.answer = PassagesAnswer(*findings),
                     .coverage = BestCoverage(*findings),
                     .model = {},
                     .why_no_model = {}};
  if (findings->found && !arguments.passages) {
    auto answerer = ChatAnswerer::Load(arguments.model);
    if (answerer) {
      auto answer = answerer->Answer(named->root, *findings, arguments.question,
                                     arguments.max_tokens);
      if (!answer) return ReportError(answer.error());
      outcome.answer = std::move(*answer);
      outcome.model = answerer->model_name();
    } else {
      outcome.why_no_model = answerer.error().message;
    }
  }
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - begin;
  if (arguments.json) {
    PrintJson(outcome, took.count());
  } else {
    PrintText(outcome);
  }
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
