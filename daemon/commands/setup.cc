// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/setup.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/commands/model_get.h"
#include "daemon/completion/completion_service.h"
#include "daemon/completion/shown/syntax.h"
#include "daemon/config/config_edit.h"
#include "daemon/host/local/make_generator.h"
#include "daemon/host/local/model_summary.h"
#include "daemon/model_lookup.h"
#include "daemon/model_memory.h"
#include "daemon/models/recommended.h"
#include "daemon/models/size_text.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"
#include "daemon/tools/model_check.h"
#include "daemon/tools/model_fit.h"
#include "grammars/language.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::MakeError;

// A model that can be chosen.
struct Choice {
  std::string name;   // as for `krait model get`; of one that is here its path
  std::string shown;  // what people call it
  uint64_t bytes = 0;
  ModelMemory memory;
  std::optional<uint64_t> bytes_per_token;
  std::string about;
  bool is_here = false;
};

std::vector<Choice> Choices() {
  std::vector<Choice> choices;
  for (const models::RecommendedModel& model : models::RecommendedModels()) {
    choices.push_back({.name = model.name,
                       .shown = model.name,
                       .bytes = model.bytes.value_or(0),
                       .memory = EstimateMemory(model.bytes.value_or(0)),
                       .bytes_per_token = model.bytes,
                       .about = fmt::format("{}, fim {}; {}", model.licence,
                                            model.fim, model.good_for)});
  }
  for (const FoundModel& found :
       ListModels({}, ModelEnvironment::OfProcess())) {
    const auto summary = Summarise(found.path);
    if (!summary || !summary->unsupported.empty()) continue;
    choices.push_back({.name = found.path.string(),
                       .shown = found.name,
                       .bytes = summary->bytes,
                       .memory = summary->memory,
                       .bytes_per_token = BytesPerToken(found.path),
                       .about = fmt::format("is here ({})", found.store),
                       .is_here = true});
  }
  std::erase_if(choices, [](const Choice& choice) {
    return !CheckFitsMemory(choice.name, choice.memory);
  });
  return choices;
}

std::string Text(const Choice& choice) {
  const std::string size =
      choice.bytes == 0 ? "?" : models::SizeText(choice.bytes);
  std::string speed = "?";
  if (choice.bytes_per_token) {
    const auto predicted = PredictedSpeed(*choice.bytes_per_token);
    speed = predicted ? fmt::format("{:.1f} tokens/s", *predicted) : "fast";
  }
  return fmt::format("{:<16} {:>8}  {:>14}  {}", choice.shown, size, speed,
                     choice.about);
}

// Reads a line of standard input; nullopt at its end.
std::optional<std::string> ReadAnswer() {
  std::fflush(stdout);
  std::string answer;
  int c = std::getchar();
  if (c == EOF) return std::nullopt;
  for (; c != EOF && c != '\n'; c = std::getchar()) {
    constexpr size_t kLongest = 4096;
    if (answer.size() < kLongest) answer += static_cast<char>(c);
  }
  const size_t begin = answer.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return std::string();
  return answer.substr(begin, answer.find_last_not_of(" \t\r") + 1 - begin);
}

base::Error NotChosen() {
  return MakeError(ErrorCode::kCancelled,
                   "nothing was chosen, fetched or changed");
}

// The one question.
base::Result<std::string> Ask() {
  const auto choices = Choices();
  PrintLine(
      fmt::format("Models that fit into the memory here, and how many "
                  "tokens a second each can write at most (memory is "
                  "read at {:.1f} GB/s):\n",
                  MeasuredBandwidth() / 1e9));
  for (size_t i = 0; i < choices.size(); ++i) {
    PrintLine(fmt::format("{:>3}  {}", i + 1, Text(choices[i])));
  }
  Print(
      "\nWhich one? (a number, or any name as for `krait model get`; empty: "
      "none) ");
  const auto answer = ReadAnswer();
  if (!answer || answer->empty()) return NotChosen();
  for (size_t i = 0; i < choices.size(); ++i) {
    if (*answer == std::to_string(i + 1)) return choices[i].name;
  }
  return *answer;
}

base::Result<std::string> Choose(const SetupArguments& arguments) {
  if (!arguments.model.empty() && arguments.yes) return arguments.model;
  if (isatty(STDIN_FILENO) != 1 && arguments.model.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "standard input is no terminal, so that nobody can be "
                     "asked: give --model NAME --yes");
  }
  if (arguments.model.empty()) return Ask();
  Print(
      fmt::format("Fetch {} if it is not here, and make it the default? "
                  "[y/N] ",
                  arguments.model));
  const auto answer = ReadAnswer();
  if (answer && (*answer == "y" || *answer == "yes")) return arguments.model;
  return NotChosen();
}

// A model that is here is taken; else it is fetched.
base::Result<fs::path> FindOrGet(const std::string& name) {
  const auto env = ModelEnvironment::OfProcess();
  const bool recommended = models::FindRecommended(name) != nullptr;
  const bool url = name.find("://") != std::string::npos;
  if (!recommended && !url) {
    auto here = FindModel(name, env);
    if (here || IsModelPath(name)) return here;
  }
  return GetWithDisplay({.source = name, .sha256 = {}});
}

base::Status ShowLine(const std::string& model) {
  ModelOptions of_model;
  of_model.model = model;
  const auto ready = MakeGenerator(KeepingNothing(of_model));
  if (!ready) return ready.error();
  completion::CompletionService service(*ready->generator);
  completion::CompletionOptions options;
  options.invoked = true;
  options.extent = completion::CompletionExtent::kLine;
  const std::string before = "def add(first, second):\n    return ";
  const std::string after = "\n\nprint(add(1, 2))\n";
  const auto completion =
      service.Complete({.path = "sum.py",
                        .before = before,
                        .after = after,
                        .syntax = completion::ParseForRequest(
                            grammars::LanguageOfFile("sum.py", before),
                            before + after, before.size())},
                       options);
  if (!completion) return completion.error();
  const bool colours = UseColours(STDOUT_FILENO);
  PrintLine("\n" + before + Bold(completion->text, colours));
  return {};
}

base::Status SetUp(const SetupArguments& arguments) {
  const auto choice = Choose(arguments);
  if (!choice) return choice.error();
  const auto path = FindOrGet(*choice);
  if (!path) return path.error();
  const auto summary = Summarise(*path);
  if (!summary) return summary.error();
  auto fits = CheckFitsMemory(path->string(), summary->memory);
  if (!fits) return fits;
  const auto verified = CheckModel(*path);
  if (!verified) return verified.error();
  std::error_code error;
  const std::string model = fs::absolute(*path, error).string();
  const auto file = SetDefaultModel(model);
  if (!file) return file.error();
  PrintLine(fmt::format(
      "{}: good ({} tensors), and the default now ({}). Editors take it when "
      "they start krait anew; `krait stop` ends what runs.",
      model, verified->tensors, file->string()));
  return ShowLine(model);
}

}  // namespace

int RunSetup(const SetupArguments& arguments) {
  const auto done = SetUp(arguments);
  if (!done) return ReportError(done.error());
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
