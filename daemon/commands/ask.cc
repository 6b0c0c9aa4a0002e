// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/ask.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/chat/chat_sampling.h"
#include "daemon/chat/citations.h"
#include "daemon/chat/conversation.h"
#include "daemon/chat/repository_question.h"
#include "daemon/chat/terminal_text.h"
#include "daemon/commands/repository_index.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"
#include "engine/model/chat_hints.h"
#include "engine/tokenizer/chat_format.h"

namespace krait::daemon {
namespace {

// Bytes of passages for each token of the model's context that they may take.
constexpr size_t kBytesPerToken = 3;
constexpr size_t kMostPassageBytes = 12'000;

struct AskOutcome {
  bool found = false;
  std::string answer;  // Markdown
  std::vector<Citation> citations;
  std::vector<Citation> dropped;  // that nothing stands behind
  std::string model;              // empty: none answered
  std::string why_no_model;
};

// A model that can chat, or why there is none.
struct ChatModel {
  std::optional<LoadedModel> loaded;
  std::optional<engine::ChatFormat> format;
  engine::ChatHints hints;
  std::string why_not;
};

ChatModel LoadChatModel(const AskArguments& arguments) {
  ChatModel model;
  auto loaded = LoadModel(arguments.model);
  if (!loaded) {
    model.why_not = loaded.error().message;
    return model;
  }
  const std::string name = loaded->path.filename().string();
  if (!loaded->model->has_tokenizer()) {
    model.why_not = name + ": has no tokenizer";
    return model;
  }
  auto hints = engine::ReadChatHints(loaded->path);
  auto format = hints ? engine::ChooseChatFormat(loaded->model->tokenizer(), {},
                                                 hints->jinja)
                      : base::Result<engine::ChatFormat>(hints.error());
  if (!format) {
    model.why_not = name + ": " + format.error().message;
    return model;
  }
  model.hints = std::move(*hints);
  model.format = std::move(*format);
  model.loaded = std::move(*loaded);
  return model;
}

void TakePassages(const RepositoryFindings& findings, AskOutcome* outcome) {
  outcome->found = findings.found;
  outcome->answer = FindingsText(findings);
  if (!findings.found) return;
  for (const ReadPassage& read : findings.passages) {
    outcome->citations.push_back({.path = read.passage.path,
                                  .begin_line = read.passage.begin_line,
                                  .end_line = read.passage.end_line});
  }
}

base::Status AskModel(const AskArguments& arguments,
                      const RepositoryFindings& findings, ChatModel model,
                      AskOutcome* outcome) {
  ConversationOptions options;
  options.max_tokens = arguments.max_tokens;
  // What is likeliest: an answer is to be what the passages say.
  engine::SamplingHints greedy;
  greedy.temperature = 0;
  options.sampler = ChooseSampling(greedy, model.hints.sampling);
  const size_t context = model.loaded->model->hyperparameters().context_length;
  const size_t most_bytes =
      context == 0
          ? kMostPassageBytes
          : std::min(kMostPassageBytes,
                     (context - std::min(context, arguments.max_tokens + 512)) *
                         kBytesPerToken);
  std::vector<repository::Passage> shown;
  options.context = AnswerInstructions(findings, most_bytes, &shown);
  outcome->model = model.loaded->path.filename().string();
  Conversation conversation(model.loaded->model, *model.loaded->pool,
                            std::move(*model.format), std::move(options));
  std::string text;
  const auto answer = conversation.Ask(
      arguments.question, [&](std::string_view piece) { text += piece; },
      [] { return false; });
  if (!answer) return answer.error();
  CheckedAnswer checked = CheckCitations(text, shown);
  outcome->found = !SaysNotFound(checked.text);
  outcome->answer = std::move(checked.text);
  outcome->citations = std::move(checked.citations);
  outcome->dropped = std::move(checked.dropped);
  return {};
}

boost::json::array PlacesToJson(const std::vector<Citation>& citations) {
  boost::json::array json;
  for (const Citation& citation : citations) {
    json.push_back(
        boost::json::object{{"path", base::JsonString(citation.path)},
                            {"line", citation.begin_line},
                            {"end_line", citation.end_line}});
  }
  return json;
}

void PrintOutcome(const AskArguments& arguments, const AskOutcome& outcome,
                  double seconds) {
  if (arguments.json) {
    PrintLine(base::JsonText(boost::json::object{
        {"found", outcome.found},
        {"answer", base::JsonString(outcome.answer)},
        {"citations", PlacesToJson(outcome.citations)},
        {"dropped", PlacesToJson(outcome.dropped)},
        {"model", outcome.model.empty()
                      ? boost::json::value(nullptr)
                      : boost::json::value(base::JsonString(outcome.model))},
        {"seconds", seconds}}));
    return;
  }
  Print(TerminalText(outcome.answer));
  if (!outcome.answer.ends_with('\n')) Print("\n");
  (void)std::fflush(stdout);
  for (const Citation& citation : outcome.dropped) {
    PrintError(fmt::format("the model named a place that it was not shown: {}",
                           CitationText(citation)));
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
  AskOutcome outcome;
  TakePassages(*findings, &outcome);
  if (findings->found && !arguments.passages) {
    ChatModel model = LoadChatModel(arguments);
    if (model.format) {
      const auto asked =
          AskModel(arguments, *findings, std::move(model), &outcome);
      if (!asked) return ReportError(asked.error());
    } else {
      outcome.why_no_model = model.why_not;
    }
  }
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - begin;
  PrintOutcome(arguments, outcome, took.count());
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
