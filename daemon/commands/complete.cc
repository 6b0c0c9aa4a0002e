// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/complete.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "base/json_text.h"
#include "daemon/commands/named_file.h"
#include "daemon/completion/shown/syntax.h"
#include "daemon/completion/text/workspace_path.h"
#include "daemon/completion/trace_json.h"
#include "daemon/config/config.h"
#include "daemon/file_position.h"
#include "daemon/host/local/make_generator.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"
#include "daemon/tools/context_lookup.h"
#include "grammars/language.h"

namespace krait::daemon {
namespace {

constexpr int kLinesBefore = 3;
constexpr int kLinesAfter = 2;

// Returns the last `lines` whole lines of `text` and its unfinished one.
std::string_view LastLines(std::string_view text, int lines) {
  size_t begin = text.rfind('\n');
  for (int i = 0; i < lines && begin != std::string_view::npos && begin > 0;
       ++i) {
    begin = text.rfind('\n', begin - 1);
  }
  return begin == std::string_view::npos ? text : text.substr(begin + 1);
}

// Returns the rest of the line and `lines` more.
std::string_view FirstLines(std::string_view text, int lines) {
  size_t end = text.find('\n');
  for (int i = 0; i < lines && end != std::string_view::npos; ++i) {
    end = text.find('\n', end + 1);
  }
  return text.substr(0, end);
}

void PrintInPlace(std::string_view before, const std::string& completion,
                  std::string_view after) {
  const bool colours = UseColours(STDOUT_FILENO);
  Print(LastLines(before, kLinesBefore));
  // Each line in its own style, so that a pager shows them one by one.
  size_t begin = 0;
  while (!completion.empty()) {
    const size_t end = completion.find('\n', begin);
    Print(Dimmed(completion.substr(begin, end - begin), colours));
    if (end == std::string::npos) break;
    Print("\n");
    begin = end + 1;
  }
  PrintLine(FirstLines(after, kLinesAfter));
}

void PrintJson(const FilePosition& position,
               const completion::Completion& completion) {
  boost::json::object json = completion::TraceToJson(completion.trace);
  json["completion"] = completion.text;
  json["file"] = position.file;
  json["line"] = position.line;
  json["column"] = position.column;
  PrintLine(base::JsonText(json));
}

// A file, and the place in it.
struct Place {
  std::string path;        // in its repository
  std::string repository;  // empty: it is in none
  const grammars::Language* language = nullptr;
  std::string_view text;
  size_t cursor_ofs = 0;
};

base::Result<completion::Completion> CompleteAt(
    const CompleteArguments& arguments, const Place& place,
    completion::Generator& generator) {
  if (arguments.automatic) {
    // An editor would not ask while the user types.
    completion::Completion nothing;
    nothing.trace.plan = completion::PromptPlan::kNone;
    nothing.trace.suppressed_by = completion::WhyLanguageIsOff(
        arguments.rules.languages, generator.hints().languages,
        place.language == nullptr ? "" : place.language->lsp_id);
    if (!nothing.trace.suppressed_by.empty()) return nothing;
  }
  completion::CompletionService service(generator);
  completion::CompletionOptions options = arguments.completion;
  // Who names a threshold wants that.
  options.invoked = !arguments.automatic && !options.min_confidence;
  // Nobody else waits meanwhile.
  options.syntax_budget = grammars::CheckBudget::Unlimited();
  completion::CompletionRequest request{
      .path = place.path,
      .before = std::string(place.text.substr(0, place.cursor_ofs)),
      .after = std::string(place.text.substr(place.cursor_ofs)),
      .syntax = completion::ParseForRequest(
          place.language, std::string(place.text), place.cursor_ofs)};
  const std::filesystem::path home = StateHome();
  if (options.context_tokens > 0 && !place.repository.empty() &&
      !home.empty()) {
    ContextLookup contexts(home, arguments.rules.files,
                           LoadConfig({}).config.repository.embedding_model);
    const auto added =
        contexts.AddTo({.root = place.repository, .path = place.path},
                       options.context_tokens, &request);
    if (!added) return added.error();
  }
  return service.Complete(request, options);
}

}  // namespace

int RunComplete(const CompleteArguments& arguments) {
  const auto position = ParseFilePosition(arguments.place);
  if (!position) return ReportError(position.error());
  const auto file = ReadNamedFile(position->file, arguments.rules.files);
  if (!file) return ReportError(file.error());
  const std::string& text = file->text;
  const auto ofs = OffsetOf(*position, text);
  if (!ofs) return ReportError(ofs.error());

  const auto ready = MakeGenerator(KeepingNothing(arguments.model));
  if (!ready) return ReportError(ready.error());
  const auto completion =
      CompleteAt(arguments,
                 {.path = completion::WorkspacePath(file->path, {},
                                                    file->facts.repository),
                  .repository = file->facts.repository.string(),
                  .language = grammars::LanguageOfFile(position->file, text),
                  .text = text,
                  .cursor_ofs = *ofs},
                 *ready->generator);
  if (!completion) return ReportError(completion.error());
  const std::string_view all = text;
  if (arguments.json) {
    PrintJson(*position, *completion);
    return FinishOutput(kExitOk);
  }
  PrintInPlace(all.substr(0, *ofs), completion->text, all.substr(*ofs));
  if (completion->text.empty()) {
    PrintError(
        fmt::format("no completion: {}", completion->trace.suppressed_by));
  }
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
