// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/eval_ask.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/chat/chat_answerer.h"
#include "daemon/commands/repository_index.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"
#include "daemon/tools/eval/ask_cases.h"

namespace krait::daemon {
namespace {

struct Asker {
  NamedRepository named;
  repository::Searcher searcher;
  std::optional<ChatAnswerer> answerer;  // none: passages
};

std::string ModelName(const Asker& asker) {
  return asker.answerer ? asker.answerer->model_name() : "passages";
}

base::Result<Asker> MakeAsker(const EvalAskArguments& arguments) {
  auto named = FindRepository(arguments.repository);
  if (!named) return named.error();
  if (const auto opened = OpenEncoder(&*named); !opened) {
    return opened.error();
  }
  const auto report = UpdateNamed(*named, arguments.rules.files);
  if (!report) return report.error();
  auto searcher =
      repository::Searcher::Open(named->index, named->encoder.get());
  if (!searcher) return searcher.error();
  Asker asker{.named = std::move(*named),
              .searcher = std::move(*searcher),
              .answerer = std::nullopt};
  if (arguments.passages) return asker;
  auto answerer = ChatAnswerer::Load(arguments.model);
  if (!answerer) {
    base::Error error = answerer.error();
    error.message += "; --passages asks none";
    return error;
  }
  asker.answerer.emplace(std::move(*answerer));
  return asker;
}

// What is found for a question, but for files of questions: that which is asked
// and those beside it, which may lie in the repository.
base::Result<RepositoryFindings> FindElsewhere(
    const EvalAskArguments& arguments, const std::string& question,
    Asker* asker) {
  constexpr size_t kMore = 16;  // of their passages
  auto findings = FindForQuestion(asker->named.root, &asker->searcher, question,
                                  arguments.most + kMore);
  if (!findings) return findings;
  std::error_code error;
  const auto asked = std::filesystem::canonical(arguments.questions, error);
  std::erase_if(findings->passages, [&](const ReadPassage& read) {
    const auto file = asker->named.root / read.passage.path;
    return file.parent_path() == asked.parent_path() &&
           file.extension() == asked.extension();
  });
  if (findings->passages.size() > arguments.most) {
    findings->passages.resize(arguments.most);
  }
  findings->found = BestCoverage(*findings) >= kLeastCoverage;
  return findings;
}

struct Asked {
  RepositoryAnswer answer;
  AskResult result;
};

base::Result<Asked> AskOne(const EvalAskArguments& arguments,
                           const AskCase& one, Asker* asker) {
  const auto begin = std::chrono::steady_clock::now();
  const auto findings = FindElsewhere(arguments, one.question, asker);
  if (!findings) return findings.error();
  Asked asked{.answer = PassagesAnswer(*findings), .result = {}};
  if (findings->found && asker->answerer) {
    auto answer = asker->answerer->Answer(asker->named.root, *findings,
                                          one.question, arguments.max_tokens);
    if (!answer) return answer.error();
    asked.answer = std::move(*answer);
  }
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - begin;
  AskResult& result = asked.result;
  result.answerable = one.answerable();
  result.found = asked.answer.found;
  result.coverage = BestCoverage(*findings);
  result.has_sample = !one.answer.empty();
  result.cosine = TermCosine(one.answer, asked.answer.text);
  if (const auto& encoder = asker->named.encoder) {
    result.meaning = VectorCosine(encoder->EncodeQuestion(one.answer),
                                  encoder->EncodeQuestion(asked.answer.text));
  }
  result.citations = asked.answer.citations.size();
  for (const Citation& citation : asked.answer.citations) {
    if (one.HasAnswerAt(citation.path, citation.begin_line,
                        citation.end_line)) {
      ++result.right_citations;
    }
  }
  result.retrieved =
      std::ranges::any_of(findings->passages, [&](const ReadPassage& read) {
        return one.HasAnswerAt(read.passage.path, read.passage.begin_line,
                               read.passage.end_line);
      });
  result.seconds = took.count();
  return asked;
}

boost::json::object CaseToJson(const std::string& model, const AskCase& one,
                               const Asked& asked) {
  const AskResult& result = asked.result;
  boost::json::object json;
  json["model"] = base::JsonString(model);
  json["question"] = base::JsonString(one.question);
  json["answerable"] = result.answerable;
  json["found"] = result.found;
  json["coverage"] = result.coverage;
  json["answer"] = base::JsonString(asked.answer.text);
  if (result.has_sample) json["cosine_similarity"] = result.cosine;
  if (result.has_sample && result.meaning) {
    json["cosine_by_meaning"] = *result.meaning;
  }
  json["citations"] = result.citations;
  json["right_citations"] = result.right_citations;
  json["retrieved"] = result.retrieved;
  json["seconds"] = result.seconds;
  return json;
}

void PrintCase(const std::string& model, const AskCase& one,
               const Asked& asked) {
  const AskResult& result = asked.result;
  const bool compared = result.has_sample && result.found;
  PrintLine(fmt::format(
      "{}; {}; cosine similarity {}{}; {:.2f} s; {}", model, one.question,
      compared ? fmt::format("{:.2f}", result.cosine) : "-",
      compared && result.meaning
          ? fmt::format(", by meaning {:.2f}", *result.meaning)
          : "",
      result.seconds,
      result.found ? fmt::format("{} of {} citations right",
                                 result.right_citations, result.citations)
                   : std::string("not found")));
}

boost::json::object SummaryToJson(const AskSummary& summary) {
  boost::json::value meaning;
  if (summary.meaning) meaning = *summary.meaning;
  return {{"answerable", summary.answerable},
          {"unanswerable", summary.unanswerable},
          {"found", summary.found},
          {"not_found", summary.not_found},
          {"retrieved", summary.retrieved},
          {"cosine_similarity", summary.cosine},
          {"cosine_by_meaning", std::move(meaning)},
          {"citation_precision", summary.citation_precision},
          {"seconds_median", summary.seconds_median},
          {"best_threshold", summary.best_threshold},
          {"best_accuracy", summary.best_accuracy}};
}

void PrintSummary(const AskSummary& summary) {
  PrintLine(fmt::format(
      "\n{} questions with an answer: {:.1f} % found, of {:.1f} % a place that "
      "has it among the passages\n"
      "{} without: {:.1f} % said so\n"
      "cosine similarity {:.3f}{}, citation precision {:.1f} %, {:.2f} s a "
      "question (median)\n"
      "coverage of the question that would tell both best: {:.2f} ({:.1f} % "
      "right), in force is {:.2f}",
      summary.answerable, 100 * summary.found, 100 * summary.retrieved,
      summary.unanswerable, 100 * summary.not_found, summary.cosine,
      summary.meaning ? fmt::format(" ({:.3f} by meaning)", *summary.meaning)
                      : "",
      100 * summary.citation_precision, summary.seconds_median,
      summary.best_threshold, 100 * summary.best_accuracy, kLeastCoverage));
}

}  // namespace

int RunEvalAsk(const EvalAskArguments& arguments) {
  const auto text = ReadText(arguments.questions);
  if (!text) return ReportError(text.error());
  const auto cases = ParseAskCases(*text, arguments.questions, arguments.limit);
  if (!cases) return ReportError(cases.error());
  auto asker = MakeAsker(arguments);
  if (!asker) return ReportError(asker.error());
  const std::string model = ModelName(*asker);
  std::vector<AskResult> results;
  boost::json::array rows;
  for (const AskCase& one : *cases) {
    const auto asked = AskOne(arguments, one, &*asker);
    if (!asked) return ReportError(asked.error());
    results.push_back(asked->result);
    if (arguments.json) {
      rows.push_back(CaseToJson(model, one, *asked));
    } else {
      PrintCase(model, one, *asked);
    }
  }
  const AskSummary summary = Summarise(results);
  if (arguments.json) {
    PrintLine(base::JsonText(boost::json::object{
        {"cases", std::move(rows)}, {"summary", SummaryToJson(summary)}}));
  } else {
    PrintSummary(summary);
  }
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
