// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/bench_keystrokes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "base/json_text.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"
#include "daemon/tools/bench/generated_source.h"
#include "daemon/tools/bench/keystroke_bench.h"
#include "daemon/tools/bench/keystroke_report.h"
#include "daemon/tools/bench/peer_prompt.h"
#include "daemon/tools/machine.h"
#include "engine/run/session.h"
#include "simd/targets.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::MakeError;

constexpr size_t kFiles = 10;  // among which the script switches
constexpr size_t kDefaultLines[] = {100, 2000, 10'000};

// A folder for saved states that is empty at first and gone at the end.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(size_t round) {
    std::error_code error;
    path_ = fs::temp_directory_path(error) /
            fmt::format("krait-keystrokes-{}-{}", getpid(), round);
    fs::create_directory(path_, error);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// A file to type in, and others to switch to.
struct Workload {
  KeystrokeResult result;
  std::vector<ScriptFile> files;
};

size_t CountLines(std::string_view text) {
  const auto newlines = static_cast<size_t>(std::ranges::count(text, '\n'));
  return newlines + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

void AddGeneratedFiles(size_t lines, std::vector<ScriptFile>* files) {
  while (files->size() < kFiles) {
    const auto seed = static_cast<uint32_t>(files->size() + 1);
    files->push_back({.name = fmt::format("generated{}.py", seed),
                      .text = GenerateSource(seed, lines)});
  }
}

base::Result<std::string> FirstLines(std::string_view text, size_t lines,
                                     const std::string& of) {
  size_t end = 0;
  for (size_t i = 0; i < lines; ++i) {
    const size_t newline = text.find('\n', end);
    if (newline == std::string_view::npos) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("--lines {}: {} have only {}", lines, of,
                                   CountLines(text)));
    }
    end = newline + 1;
  }
  return std::string(text.substr(0, end));
}

base::Result<std::vector<ScriptFile>> ReadFiles(
    const std::vector<std::string>& paths) {
  std::vector<ScriptFile> files;
  for (const std::string& path : paths) {
    auto text = ReadText(path);
    if (!text) return text.error();
    if (auto is_text = CheckIsText(*text, path); !is_text) {
      return is_text.error();
    }
    files.push_back({.name = fmt::format("{}-{}", files.size(),
                                         fs::path(path).filename().string()),
                     .text = std::move(*text)});
  }
  return files;
}

Workload MakeWorkload(std::string name, std::vector<ScriptFile> files) {
  if (files.size() > kFiles) files.resize(kFiles);
  const size_t lines = CountLines(files[0].text);
  AddGeneratedFiles(lines, &files);
  return {.result = {.file = std::move(name), .lines = lines, .rounds = {}},
          .files = std::move(files)};
}

// The files that were named: the first as it is, or parts of all in a row.
base::Result<std::vector<Workload>> WorkloadsOfFiles(
    const BenchKeystrokesArguments& arguments) {
  auto files = ReadFiles(arguments.files);
  if (!files) return files.error();
  const std::string& first = arguments.files[0];
  std::vector<Workload> workloads;
  if (arguments.lines.empty()) {
    workloads.push_back(MakeWorkload(first, std::move(*files)));
    return workloads;
  }
  std::string joined;
  for (const ScriptFile& file : *files) {
    joined += file.text;
    if (!joined.ends_with('\n')) joined += '\n';
  }
  for (const size_t lines : arguments.lines) {
    auto text = FirstLines(joined, lines, "all --file together");
    if (!text) return text.error();
    std::vector<ScriptFile> shown = {
        {.name = "joined-" + fs::path(first).filename().string(),
         .text = std::move(*text)}};
    shown.insert(shown.end(), files->begin(), files->end());
    workloads.push_back(MakeWorkload(
        files->size() == 1 ? first : fmt::format("{} and others", first),
        std::move(shown)));
  }
  return workloads;
}

std::vector<Workload> GeneratedWorkloads(std::vector<size_t> lengths) {
  if (lengths.empty()) {
    lengths.assign(std::begin(kDefaultLines), std::end(kDefaultLines));
  }
  std::vector<Workload> workloads;
  for (const size_t lines : lengths) {
    std::vector<ScriptFile> files;
    files.push_back({.name = "generated.py", .text = GenerateSource(1, lines)});
    workloads.push_back(MakeWorkload("generated Python", std::move(files)));
  }
  return workloads;
}

base::Result<std::set<StepKind>> ParseSteps(
    const std::vector<std::string>& names) {
  std::set<StepKind> steps;
  std::string known;
  for (const StepKind kind : kAllSteps) {
    known += known.empty() ? "" : ", ";
    known += StepName(kind);
    if (names.empty() ||
        std::ranges::find(names, StepName(kind)) != names.end())
      steps.insert(kind);
  }
  for (const std::string& name : names) {
    if (std::ranges::find(kAllSteps, name, StepName) == kAllSteps.end()) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("--steps {}: no such step, expected some of {}", name,
                      known));
    }
  }
  return steps;
}

base::Result<std::string> PromptOfModel(const ModelOptions& options) {
  const auto loaded = LoadModel(options);
  if (!loaded) return loaded.error();
  return SuffixFirstPrompt(loaded->model->tokenizer());
}

base::Result<KeystrokeBenchOptions> MakeOptions(
    const BenchKeystrokesArguments& arguments) {
  KeystrokeBenchOptions options;
  options.session.model = arguments.model;
  options.session.completion = arguments.completion;
  options.warming = arguments.warming;
  options.script.typed = arguments.typed;
  auto steps = ParseSteps(arguments.steps);
  if (!steps) return steps.error();
  options.script.steps = std::move(*steps);
  const auto peer_at = [&arguments](InfillServer server) {
    return Peer{.server = std::move(server),
                .lines_before = arguments.peer_lines_before,
                .lines_after = arguments.peer_lines_after,
                .timeout = std::chrono::seconds(arguments.timeout_s)};
  };
  if (!arguments.served.empty()) {
    auto server = InfillServer::Parse(arguments.served, arguments.allow_remote);
    if (!server) return server.error();
    options.served = peer_at(std::move(*server));
  }
  if (arguments.against.empty()) return options;
  if (arguments.dialect != "infill" && arguments.dialect != "completion") {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("--dialect {}: expected \"infill\" or \"completion\"",
                    arguments.dialect));
  }
  InfillDialect dialect{.completion = arguments.dialect == "completion",
                        .prompt = arguments.peer_prompt};
  if (dialect.completion && dialect.prompt.empty()) {
    auto prompt = PromptOfModel(arguments.model);
    if (!prompt) return prompt.error();
    dialect.prompt = std::move(*prompt);
  }
  auto server = InfillServer::Parse(arguments.against, arguments.allow_remote,
                                    std::move(dialect));
  if (!server) return server.error();
  options.peer = peer_at(std::move(*server));
  return options;
}

// Bytes of a state on the grid: what one file needs at least.
base::Result<size_t> SnapshotBytes(const ModelOptions& options) {
  auto loaded = LoadModel(options);
  if (!loaded) return loaded.error();
  engine::Session session(loaded->model, *loaded->pool);
  const std::vector<engine::TokenId> tokens(engine::kBlockTokens, 1);
  if (auto fed = session.Prefill(tokens); !fed) return fed.error();
  const auto snapshot = session.state().snapshot();
  return snapshot == nullptr ? size_t{0} : snapshot->bytes();
}

// Rounds of all lengths take turns: what else the machine does, and how warm
// it is, treats them alike. Each round is at another place of the file.
base::Status RunRounds(const BenchKeystrokesArguments& arguments,
                       KeystrokeBenchOptions options,
                       std::vector<Workload>* workloads) {
  const size_t total = arguments.rounds * workloads->size();
  Progress progress("rounds", total);
  for (size_t round = 0; round < total; ++round) {
    Workload& workload = (*workloads)[round % workloads->size()];
    const TemporaryFolder states(round);
    options.session.model.state_dir = states.path();
    const size_t session = round / workloads->size() + 1;
    options.script.place = 0.4 + 0.2 * static_cast<double>(session) /
                                     static_cast<double>(arguments.rounds + 1);
    auto done =
        RunKeystrokes(workload.files, options, [&](size_t step, size_t steps) {
          progress.Update(round, fmt::format("step {} of {}", step, steps));
        });
    if (!done) return done.error();
    workload.result.rounds.push_back(std::move(*done));
  }
  return {};
}

// What one has to know to read the figures.
std::vector<std::string> Notes(const BenchKeystrokesArguments& arguments,
                               const std::vector<Workload>& workloads) {
  std::vector<std::string> notes = {
      fmt::format("greedy, every answer {} tokens long and computed anew: "
                  "stop rules and end-of-text do not end it",
                  arguments.completion.max_tokens),
      !arguments.served.empty()
          ? "what is read between two steps is the server's affair"
      : arguments.warming
          ? "between two steps the model reads as in a pause (--warming)"
          : "nothing is read between two steps (--warming does)",
      "times are in milliseconds from the keystroke; tokens are medians"};
  if (!arguments.served.empty()) {
    notes.push_back(fmt::format(
        "krait is asked by POST /infill, with {} lines before and {} after the "
        "cursor; its tokens and stages are what it says of them",
        arguments.peer_lines_before, arguments.peer_lines_after));
  }
  if (!arguments.against.empty()) {
    notes.push_back(fmt::format(
        "| {}: {} lines before and {} after the cursor, POST /{}, each "
        "step after krait's; ratio: its median time to krait's",
        arguments.against, arguments.peer_lines_before,
        arguments.peer_lines_after, arguments.dialect));
  }
  if (workloads[0].result.rounds[0].restart_left_out) {
    notes.emplace_back("restart is left out: nothing was saved to disk");
  }
  return notes;
}

// How much longer a keystroke takes in the longest file than in the shortest:
// what of its cost grows with the file.
struct LengthRatio {
  size_t fewest_lines = 0;
  size_t most_lines = 0;
  double ratio = 0;  // of the medians
};

std::optional<LengthRatio> CompareLengths(
    const std::vector<Workload>& workloads) {
  const auto by_lines = [](const Workload& workload) {
    return workload.result.lines;
  };
  const auto [shortest, longest] =
      std::ranges::minmax_element(workloads, {}, by_lines);
  const auto fewest = shortest->result.Summary();
  const auto most = longest->result.Summary();
  const StepSummary* in_short = FindStep(fewest, StepKind::kType);
  const StepSummary* in_long = FindStep(most, StepKind::kType);
  if (shortest == longest || in_short == nullptr || in_long == nullptr) {
    return std::nullopt;
  }
  return LengthRatio{shortest->result.lines, longest->result.lines,
                     in_long->whole_ms.p50 / in_short->whole_ms.p50};
}

void PrintText(const BenchKeystrokesArguments& arguments,
               const std::vector<Workload>& workloads, size_t snapshot_bytes) {
  const KeystrokeRound& any = workloads[0].result.rounds[0];
  PrintLine(fmt::format("keystrokes, {}, {}, {}", any.model,
                        simd::CurrentTarget(), CpuName()));
  for (const std::string& note : Notes(arguments, workloads)) {
    PrintLine("  " + note);
  }
  for (const Workload& workload : workloads) {
    PrintLine("");
    PrintLine(KeystrokeTable(workload.result));
    if (!arguments.served.empty()) continue;
    const completion::WarmStatus& held =
        workload.result.rounds.back().all_files;
    PrintLine(fmt::format(
        "held at the end: {:.1f} of {:.0f} MiB, {} checkpoints of {:.2f} MiB, "
        "{} tokens in logs",
        static_cast<double>(held.held_bytes) / 0x1p20,
        static_cast<double>(held.budget_bytes) / 0x1p20, held.checkpoints,
        static_cast<double>(snapshot_bytes) / 0x1p20, held.logged_tokens));
  }
  if (const auto lengths = CompareLengths(workloads)) {
    PrintLine("");
    PrintLine(fmt::format(
        "typing a character in {} lines takes {:.2f} times as long as in {} "
        "(medians)",
        lengths->most_lines, lengths->ratio, lengths->fewest_lines));
  }
}

void PrintJson(const BenchKeystrokesArguments& arguments,
               const std::vector<Workload>& workloads, size_t snapshot_bytes) {
  const KeystrokeRound& any = workloads[0].result.rounds[0];
  boost::json::array results;
  for (const Workload& workload : workloads) {
    results.push_back(KeystrokeJson(workload.result));
  }
  boost::json::array notes;
  for (const std::string& note : Notes(arguments, workloads)) {
    notes.emplace_back(note);
  }
  boost::json::object json;
  json["bench"] = "keystrokes";
  json["model"] = any.model;
  json["threads"] = any.threads;
  json["simd"] = simd::CurrentTarget();
  json["cpu"] = CpuName();
  json["answer_tokens"] = arguments.completion.max_tokens;
  json["warming"] = arguments.warming;
  json["snapshot_bytes"] = snapshot_bytes;
  json["restart_left_out"] = any.restart_left_out;
  json["notes"] = std::move(notes);
  json["results"] = std::move(results);
  if (const auto lengths = CompareLengths(workloads)) {
    json["length_ratio"] = lengths->ratio;
  }
  PrintLine(base::JsonText(json));
}

int Run(const BenchKeystrokesArguments& arguments) {
  const auto options = MakeOptions(arguments);
  if (!options) return ReportError(options.error());
  base::Result<std::vector<Workload>> workloads = std::vector<Workload>();
  if (arguments.files.empty()) {
    workloads = GeneratedWorkloads(arguments.lines);
  } else {
    workloads = WorkloadsOfFiles(arguments);
  }
  if (!workloads) return ReportError(workloads.error());
  const auto snapshot_bytes = arguments.served.empty()
                                  ? SnapshotBytes(arguments.model)
                                  : base::Result<size_t>(0);
  if (!snapshot_bytes) return ReportError(snapshot_bytes.error());
  const auto run = RunRounds(arguments, *options, &*workloads);
  if (!run) return ReportError(run.error());
  if ((*workloads)[0].result.rounds[0].samples.empty()) {
    return ReportError(MakeError(ErrorCode::kInvalidArgument,
                                 "--steps: these alone make no request"));
  }
  if (arguments.json) {
    PrintJson(arguments, *workloads, *snapshot_bytes);
  } else {
    PrintText(arguments, *workloads, *snapshot_bytes);
  }
  return FinishOutput(kExitOk);
}

}  // namespace

int RunBenchKeystrokes(const BenchKeystrokesArguments& arguments) {
  BenchKeystrokesArguments with_model = arguments;
  const auto weights =
      RandomWeights::Make(arguments.weights, &with_model.model);
  return weights ? Run(with_model) : ReportError(weights.error());
}

}  // namespace krait::daemon
