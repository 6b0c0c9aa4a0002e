// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/bench_soak.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/json_text.h"
#include "daemon/terminal.h"
#include "daemon/tools/bench/soak.h"

namespace krait::daemon {
namespace {

constexpr size_t kAnswerTokens = 16;

double Mebibytes(size_t bytes) {
  return static_cast<double>(bytes) / 0x1p20;
}

boost::json::object MarkToJson(const SoakMark& mark) {
  return {{"keystrokes", mark.keystrokes},
          {"resident_bytes", mark.resident_bytes},
          {"held_bytes", mark.warm.held_bytes},
          {"checkpoints", mark.warm.checkpoints},
          {"logged_tokens", mark.warm.logged_tokens}};
}

void PrintJson(const BenchSoakArguments& arguments, const SoakResult& result) {
  boost::json::array marks = {MarkToJson(result.begin)};
  for (const SoakMark& mark : result.marks) marks.push_back(MarkToJson(mark));
  boost::json::object json;
  json["bench"] = "soak";
  json["model"] = result.model;
  json["keystrokes"] = arguments.keystrokes;
  json["files"] = arguments.files;
  json["completions"] = result.completions;
  json["budget_bytes"] = arguments.model.state_bytes;
  json["most_held_bytes"] = result.most_held_bytes;
  json["marks"] = std::move(marks);
  PrintLine(base::JsonText(json));
}

void PrintText(const BenchSoakArguments& arguments, const SoakResult& result) {
  PrintLine(fmt::format(
      "{} keystrokes in {} files of {} lines, {} with a completion, {}",
      arguments.keystrokes, arguments.files, arguments.lines,
      result.completions, result.model));
  PrintLine(fmt::format("{:>12}{:>14}{:>14}{:>13}{:>16}", "keystrokes",
                        "resident MiB", "states MiB", "checkpoints",
                        "logged tokens"));
  const auto print = [](const SoakMark& mark) {
    PrintLine(fmt::format("{:>12}{:>14.1f}{:>14.1f}{:>13}{:>16}",
                          mark.keystrokes, Mebibytes(mark.resident_bytes),
                          Mebibytes(mark.warm.held_bytes),
                          mark.warm.checkpoints, mark.warm.logged_tokens));
  };
  print(result.begin);
  for (const SoakMark& mark : result.marks) print(mark);
  PrintLine(fmt::format("states took at most {:.1f} of {:.1f} MiB",
                        Mebibytes(result.most_held_bytes),
                        Mebibytes(arguments.model.state_bytes)));
}

}  // namespace

int RunBenchSoak(const BenchSoakArguments& arguments) {
  SoakOptions options{.keystrokes = arguments.keystrokes,
                      .files = arguments.files,
                      .lines = arguments.lines,
                      .complete_every = arguments.complete_every};
  options.session.model = arguments.model;
  options.session.completion.max_tokens = kAnswerTokens;
  Progress progress("visits and keystrokes",
                    arguments.files + arguments.keystrokes);
  const auto result =
      RunSoak(options, [&](size_t done, size_t) { progress.Update(done); });
  if (!result) return ReportError(result.error());
  if (arguments.json) {
    PrintJson(arguments, *result);
  } else {
    PrintText(arguments, *result);
  }
  if (result->most_held_bytes > arguments.model.state_bytes) {
    return ReportError(base::MakeError(
        base::ErrorCode::kInternal,
        fmt::format("the states took {} bytes, over the budget of {}",
                    result->most_held_bytes, arguments.model.state_bytes)));
  }
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
